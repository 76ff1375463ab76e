import type { StatusReport, WaitingFor } from '#model/status.ts';
import { holderLines } from './holder.ts';
import { skippedByReason } from './skipped.ts';
import { oneLine, shortTime } from './text.ts';

/** A status report to paste into an issue or a chat. */
export function statusMarkdown(report: StatusReport): string {
  const { initiative, phases, triggers, metrics } = report;
  const { done, total, percent } = initiative.progress;
  const source = report.offline ? 'Claims of the goals file; nothing was looked at.' : `Observed ${shortTime(report.observed_at)}.`;
  const waiting = phases.flatMap(({ objectives }) => objectives).filter(({ waiting_for }) => waiting_for !== undefined);
  const skipped = [...skippedByReason(report)];
  return [
    `# ${cell(initiative.name)}`,
    `**${initiative.status}**, ${done} of ${total} deliverables (${percent} %). ${source}`,
    '## Phases',
    rows(
      ['', 'Phase', 'Status', 'Done'],
      phases.flatMap((phase) => [
        [`**${phase.number}**`, `**${cell(phase.name)}**`, phase.status, `${phase.progress.done}/${phase.progress.total}`],
        ...phase.objectives.map(({ id, name, status, reason, stale, basis }) => [
          cell(id),
          cell(name),
          [
            status,
            ...(basis === 'claimed' ? ['claimed'] : []),
            ...(stale ? ['stale'] : []),
            ...(reason === undefined ? [] : [cell(reason)]),
          ].join(', '),
          '',
        ]),
      ]),
    ),
    ...(waiting.length === 0
      ? []
      : ['## Waiting for', waiting.map(({ id, waiting_for }) => `- ${cell(id)}: ${waitingText(waiting_for as WaitingFor)}`).join('\n')]),
    ...(skipped.length === 0
      ? []
      : [
          '## Not applicable here, counted as done',
          skipped.map(([reason, titles]) => `- ${cell(reason)}: ${titles.map(cell).join(', ')}`).join('\n'),
        ]),
    '## Trigger conditions',
    rows(
      ['Condition', 'State', 'Observed', 'Threshold'],
      triggers.map(({ description, state, observed, threshold }) => [cell(description), state, cell(observed), cell(threshold)]),
    ),
    '## Success metrics',
    rows(
      ['Metric', 'Target', 'Measured', 'State', 'Sample', 'Interval', 'Method'],
      metrics.map(({ id, target, current, reason, state, sample, interval, method }) =>
        [id, target, current ?? reason ?? '-', state, sample ?? '-', interval ?? '-', method].map(cell),
      ),
    ),
    ...(report.holder === undefined
      ? []
      : [
          '## Lease',
          holderLines(report.holder)
            .map((line) => `- ${cell(line)}`)
            .join('\n'),
        ]),
    ...(report.warnings.length === 0 ? [] : ['## Warnings', report.warnings.map((warning) => `- ${cell(warning)}`).join('\n')]),
  ].join('\n\n');
}

function rows(head: readonly string[], body: readonly (readonly string[])[]): string {
  if (body.length === 0) return 'None.';
  return [head, head.map(() => '---'), ...body].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function waitingText({ what, since, until, breaks, remedy }: WaitingFor): string {
  return [
    cell(what),
    ...(since === undefined ? [] : [`since ${shortTime(since)}`]),
    ...(until === undefined ? [] : [`until ${shortTime(until)} at the earliest`]),
    ...(breaks === undefined ? [] : [cell(breaks)]),
    ...(remedy === undefined ? [] : [`to do: ${cell(remedy)}`]),
  ].join(', ');
}

/** Text from outside inside a table cell: nothing in it may end the cell or start markup. */
function cell(text: string): string {
  return oneLine(text).replace(/[\\|<>`*_[\]]/g, '\\$&');
}
