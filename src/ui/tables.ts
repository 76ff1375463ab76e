import type { ChalkInstance } from 'chalk';
import Table from 'cli-table3';
import type { MetricStatus, ObjectiveStatus, PhaseStatus, StatusReport, TriggerStatus } from '#model/status.ts';
import { oneLine, painter, paintState, paintStatus, shortTime } from './text.ts';

/** A status report for a terminal of 80 columns: phases with progress, triggers, metrics, and what is awaited since when. */
export function statusTables(report: StatusReport, colours: boolean): string {
  const paint = painter(colours);
  return [
    heading(report, paint),
    phaseTable(report.phases, paint),
    ...section('Waiting for', waitingLines(report), paint),
    paint.bold('Trigger conditions'),
    triggerTable(report.triggers, colours),
    paint.bold('Success metrics'),
    metricTable(report.metrics, colours),
    ...section('Last run', lastRunLines(report), paint),
    ...section('Warnings', report.warnings.map(oneLine), paint),
  ].join('\n');
}

export function triggerTable(triggers: readonly TriggerStatus[], colours: boolean): string {
  if (triggers.length === 0) return '  none\n';
  const paint = painter(colours);
  return table(
    ['Condition', 'State', 'Observed', 'Threshold'],
    [26, 9, 23, 16],
    triggers.map(({ description, state, observed, threshold }) => [
      oneLine(description),
      paintState(paint, state),
      oneLine(observed),
      oneLine(threshold),
    ]),
    paint,
  );
}

export function metricTable(metrics: readonly MetricStatus[], colours: boolean): string {
  if (metrics.length === 0) return '  none\n';
  const paint = painter(colours);
  return table(
    ['Metric', 'Target', 'Measured', 'State'],
    [32, 18, 16, 8],
    metrics.map(({ id, target, current, state, measured_at }) => [
      oneLine(id),
      oneLine(target),
      current === null ? '-' : `${oneLine(current)}${measured_at === null ? '' : ` at ${shortTime(measured_at)}`}`,
      paintState(paint, state),
    ]),
    paint,
  );
}

/** How each metric is measured. */
export function metricMethods(metrics: readonly MetricStatus[]): string {
  return metrics.map(({ id, method }) => `  ${oneLine(id)}: ${oneLine(method)}\n`).join('');
}

/** Rows under dim headings, wrapped at the widths; the last cell of a row may hold anything. */
export function table(
  head: readonly string[],
  widths: readonly number[],
  rows: readonly (readonly string[])[],
  paint: ChalkInstance,
): string {
  const drawn = new Table({
    head: head.map((title) => paint.dim(title)),
    colWidths: [...widths],
    wordWrap: true,
    chars: BORDERLESS,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  drawn.push(...rows.map((row) => [...row]));
  return `${drawn
    .toString()
    .split('\n')
    .map((line) => `  ${line}`.trimEnd())
    .join('\n')}\n`;
}

/** Columns two spaces apart and no lines. */
const BORDERLESS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: ' ',
};

function heading({ initiative, offline, observed_at }: StatusReport, paint: ChalkInstance): string {
  const { done, total, percent } = initiative.progress;
  const source = offline ? 'claimed by the file, not looked at' : `observed ${shortTime(observed_at)}`;
  return [
    paint.bold(oneLine(initiative.name)),
    `${paintStatus(paint, initiative.status)}, ${done} of ${total} deliverables (${percent} %); ${paint.dim(source)}\n`,
  ].join('\n');
}

function phaseTable(phases: readonly PhaseStatus[], paint: ChalkInstance): string {
  const rows = phases.flatMap((phase) => [
    [
      paint.bold(String(phase.number)),
      paint.bold(oneLine(phase.name)),
      paintStatus(paint, phase.status),
      `${phase.progress.done}/${phase.progress.total}`,
      `${phase.progress.percent} %`,
    ],
    ...phase.objectives.map((objective) => objectiveRow(objective, paint)),
  ]);
  return table(['', 'Phase', 'Status', 'Done', ''], [4, 39, 20, 5, 5], rows, paint);
}

function objectiveRow({ id, name, status, basis, stale, deliverables, reason }: ObjectiveStatus, paint: ChalkInstance): readonly string[] {
  const done = deliverables.filter((each) => each.status === 'completed' || each.status === 'skipped').length;
  const remarks = [
    ...(basis === 'claimed' && status !== 'pending' ? ['claimed'] : []),
    ...(stale ? ['stale'] : []),
    ...(reason === undefined ? [] : [oneLine(reason)]),
  ];
  const remark = remarks.length === 0 ? '' : ` ${paint.dim(`(${remarks.join(', ')})`)}`;
  return [oneLine(id), oneLine(name), `${paintStatus(paint, status)}${remark}`, `${done}/${deliverables.length}`, ''];
}

function waitingLines({ phases }: StatusReport): readonly string[] {
  return phases
    .flatMap(({ objectives }) => objectives)
    .flatMap(({ id, waiting_for: waiting }) => {
      if (waiting === undefined) return [];
      const since = waiting.since === undefined ? '' : `, since ${shortTime(waiting.since)}`;
      const until = waiting.until === undefined ? '' : `, until ${shortTime(waiting.until)}`;
      const line = `${oneLine(id)} ${oneLine(waiting.what)}${since}${until}`;
      return waiting.remedy === undefined ? [line] : [line, `  to do: ${oneLine(waiting.remedy)}`];
    });
}

function lastRunLines({ last_run: run }: StatusReport): readonly string[] {
  if (run === undefined) return [];
  const end = run.finished_at === undefined ? '' : ` to ${shortTime(run.finished_at)}`;
  const line = `${run.id}: ${oneLine(run.state)}, ${shortTime(run.started_at)}${end}`;
  return run.summary === undefined ? [line] : [line, oneLine(run.summary)];
}

function section(title: string, lines: readonly string[], paint: ChalkInstance): readonly string[] {
  return lines.length === 0 ? [] : [paint.bold(title), ...lines.map((line) => `  ${line}`), ''];
}
