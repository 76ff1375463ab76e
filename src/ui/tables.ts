import type { ChalkInstance } from 'chalk';
import type { MetricStatus, ObjectiveStatus, PhaseStatus, StatusReport, TriggerStatus } from '#model/status.ts';
import { holderLines } from './holder.ts';
import { skippedByReason } from './skipped.ts';
import { type Cell, drawTable } from './table.ts';
import { oneLine, painter, shortTime, stateColour, statusColour } from './text.ts';

/** A status report for a terminal of 80 columns: phases with progress, triggers, metrics, and what is awaited since when. */
export function statusTables(report: StatusReport, colours: boolean): string {
  const paint = painter(colours);
  return [
    heading(report, paint),
    phaseTable(report.phases, paint),
    ...section('Waiting for', waitingLines(report), paint),
    ...section('Not applicable here, counted as done', skippedLines(report), paint),
    paint.bold('Trigger conditions'),
    triggerTable(report.triggers, colours),
    paint.bold('Success metrics'),
    metricTable(report.metrics, colours),
    ...section('Lease', report.holder === undefined ? [] : holderLines(report.holder), paint),
    ...section('Last run', lastRunLines(report), paint),
    ...section('Warnings', report.warnings.map(oneLine), paint),
  ].join('\n');
}

export function triggerTable(triggers: readonly TriggerStatus[], colours: boolean): string {
  if (triggers.length === 0) return '  none\n';
  const paint = painter(colours);
  return drawTable(
    ['Condition', 'State', 'Observed', 'Threshold'],
    [26, 9, 23, 16],
    triggers.map(({ description, state, observed, threshold }) => [
      oneLine(description),
      { text: state, paint: stateColour(paint, state) },
      oneLine(observed),
      oneLine(threshold),
    ]),
    paint.dim,
  );
}

export function metricTable(metrics: readonly MetricStatus[], colours: boolean): string {
  if (metrics.length === 0) return '  none\n';
  const paint = painter(colours);
  return drawTable(
    ['Metric', 'Target', 'Measured', 'State'],
    [30, 14, 22, 8],
    metrics.map((metric) => [
      oneLine(metric.id),
      oneLine(metric.target),
      measuredText(metric),
      { text: metric.state, paint: stateColour(paint, metric.state) },
    ]),
    paint.dim,
  );
}

function measuredText({ current, reason, sample, interval, measured_at }: MetricStatus): string {
  const basis = [sample, interval].filter((part) => part !== null).join(', ');
  const when = measured_at === null || current === null ? '' : ` at ${shortTime(measured_at)}`;
  return `${oneLine(current ?? reason ?? '-')}${basis === '' ? '' : ` (${oneLine(basis)})`}${when}`;
}

/** How each metric is measured. */
export function metricMethods(metrics: readonly MetricStatus[]): string {
  return metrics.map(({ id, method }) => `  ${oneLine(id)}: ${oneLine(method)}\n`).join('');
}

function heading({ initiative, offline, observed_at }: StatusReport, paint: ChalkInstance): string {
  const { done, total, percent } = initiative.progress;
  const source = offline ? 'claimed by the file, not looked at' : `observed ${shortTime(observed_at)}`;
  return [
    paint.bold(oneLine(initiative.name)),
    `${statusColour(paint, initiative.status)(initiative.status)}, ${done} of ${total} deliverables (${percent} %); ${paint.dim(source)}\n`,
  ].join('\n');
}

function phaseTable(phases: readonly PhaseStatus[], paint: ChalkInstance): string {
  const rows = phases.flatMap((phase) => [
    [
      { text: String(phase.number), paint: paint.bold },
      { text: oneLine(phase.name), paint: paint.bold },
      { text: phase.status, paint: statusColour(paint, phase.status) },
      `${phase.progress.done}/${phase.progress.total}`,
      `${phase.progress.percent} %`,
    ],
    ...phase.objectives.map((objective) => objectiveRow(objective, paint)),
  ]);
  return drawTable(['', 'Phase', 'Status', 'Done', ''], [4, 39, 20, 5, 5], rows, paint.dim);
}

function objectiveRow({ id, name, status, basis, stale, deliverables, reason }: ObjectiveStatus, paint: ChalkInstance): readonly Cell[] {
  const done = deliverables.filter((each) => each.status === 'completed' || each.status === 'skipped').length;
  const remarks = [
    ...(basis === 'claimed' && status !== 'pending' ? ['claimed'] : []),
    ...(stale ? ['stale'] : []),
    ...(reason === undefined ? [] : [oneLine(reason)]),
  ];
  const remark = remarks.length === 0 ? '' : ` (${remarks.join(', ')})`;
  return [
    oneLine(id),
    oneLine(name),
    { text: `${status}${remark}`, paint: statusColour(paint, status) },
    `${done}/${deliverables.length}`,
    '',
  ];
}

/** By their reasons: one missing part of a cluster has many deliverables that do not apply. */
function skippedLines(report: StatusReport): readonly string[] {
  return [...skippedByReason(report)].flatMap(([reason, titles]) => [oneLine(reason), ...titles.map((title) => `  ${oneLine(title)}`)]);
}

function waitingLines({ phases }: StatusReport): readonly string[] {
  return phases
    .flatMap(({ objectives }) => objectives)
    .flatMap(({ id, waiting_for: waiting }) => {
      if (waiting === undefined) return [];
      const since = waiting.since === undefined ? '' : `, since ${shortTime(waiting.since)}`;
      const until = waiting.until === undefined ? '' : `, until ${shortTime(waiting.until)} at the earliest`;
      const line = `${oneLine(id)} ${oneLine(waiting.what)}${since}${until}`;
      return [
        line,
        ...(waiting.breaks === undefined ? [] : [`  ${oneLine(waiting.breaks)}`]),
        ...(waiting.remedy === undefined ? [] : [`  to do: ${oneLine(waiting.remedy)}`]),
      ];
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
