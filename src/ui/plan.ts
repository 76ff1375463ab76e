import type { Plan, PlannedObjective } from '#model/plan.ts';
import { oneLine } from './text.ts';

/** What a dry run's events don't tell of what is ahead: what is waited for, probed, approved, and the permissions for it. */
export function planText({ phases, permissions, denied, nothing_to_do, summary }: Plan): string {
  const end = `${summary.charAt(0).toUpperCase()}${summary.slice(1)}\n`;
  if (nothing_to_do) return end;
  const ahead = phases.flatMap(({ objectives }) => objectives.flatMap(linesOf));
  const refused = new Set(denied);
  const shown = permissions.map((one) => `${oneLine(one)}${refused.has(one) ? ' (denied)' : ''}`);
  return [
    ...(ahead.length === 0 ? [] : ['After its changes a run waits, proves and asks:', ...ahead]),
    `Permissions (${permissions.length}):`,
    ...groupByVerbs(shown),
    end,
  ].join('\n');
}

/** "get, list, watch  pods in monitoring": a line for each thing. */
function groupByVerbs(permissions: readonly string[]): readonly string[] {
  const byThing = Map.groupBy(permissions, (permission) => permission.slice(permission.indexOf(' ') + 1));
  return [...byThing].map(([thing, all]) => `  ${all.map((one) => one.slice(0, one.indexOf(' '))).join(', ')} ${thing}`);
}

function linesOf({ objective, waits, probes, gates }: PlannedObjective): readonly string[] {
  return [
    ...waits.map(({ title }) => `  ${objective} waits   ${oneLine(title)}`),
    ...probes.map(({ title, writes }) => `  ${objective} probes  ${oneLine(title)} (${writes.map(oneLine).join(', ')})`),
    ...gates.map((gate) =>
      gate.kind === 'approval'
        ? `  ${objective} gate    a person's approval: ${oneLine(gate.what)}`
        : `  ${objective} gate    ${oneLine(gate.what)}${gate.for === undefined ? '' : ` (at least ${gate.for} of history)`}`,
    ),
  ];
}
