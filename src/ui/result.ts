import type { RunState, Status } from '#model/event.ts';

interface Result {
  readonly state: RunState;
  readonly summary: string;
  readonly remedy?: string;
}

/** How a run ended, for a person: the phases it came through, the outcome, and what to do next. */
export function resultText(
  { state, summary, remedy }: Result,
  phases: readonly { readonly phase: number; readonly state: Status }[],
): string {
  const came = phases.map((each) => `  phase ${each.phase}  ${each.state}\n`).join('');
  return `${came}${state}: ${summary}\n${remedy === undefined ? '' : `To go on: ${remedy}\n`}`;
}
