import { describe, expect, it, vi } from 'vitest';
import { createJournal } from '#adapters/journal.ts';
import { findUnfinished, journalDirectory } from '#commands/support/journals.ts';
import type { Happening, RunState } from '#model/event.ts';
import { scratchFolder } from './scratch.ts';

const GOALS = '/somewhere/goals/goals.json';

/** Leaves the journal of a run of phases `from` to 6; without an end it was killed. */
function journalOf(run: string, from: number, end?: RunState, goals = GOALS): void {
  const journal = createJournal(journalDirectory(), run);
  const happenings: Happening[] = [{ type: 'run.started', goals, declared: 'd', from, to: 6, cluster: 'homelab', rehearsal: false }];
  if (end !== 'refused') happenings.push({ type: 'phase.started', phase: from, name: 'A phase' });
  if (end !== undefined) happenings.push({ type: 'run.finished', state: end, exit: 0, phases: [], summary: 'over' });
  for (const [index, happening] of happenings.entries())
    journal.append({ time: '2026-01-01T00:00:00Z', run, seq: index + 1, ...happening });
}

describe('the run to resume', () => {
  it.each<[string, () => void, ReturnType<typeof findUnfinished>]>([
    ['is none when there is no journal', () => {}, undefined],
    ['is the latest, when it was killed', () => journalOf('a', 2), { run: 'a', from: 2, to: 6 }],
    ['is the latest, when it failed', () => journalOf('a', 2, 'failed'), { run: 'a', from: 2, to: 6 }],
    ['is none when the latest was completed', () => journalOf('a', 2, 'completed'), undefined],
    ['is none of other goals', () => journalOf('a', 2, 'failed', '/elsewhere/goals.json'), undefined],
    ['is none that was refused before it began', () => journalOf('a', 2, 'refused'), undefined],
  ])('%s', async (_, leave, expected) => {
    vi.stubEnv('XDG_STATE_HOME', await scratchFolder());
    leave();
    expect(findUnfinished(GOALS, undefined)).toEqual(expected);
    vi.unstubAllEnvs();
  });

  it('can be named, if it is of these goals', async () => {
    vi.stubEnv('XDG_STATE_HOME', await scratchFolder());
    journalOf('a', 1, 'completed');
    expect(findUnfinished(GOALS, 'a')).toEqual({ run: 'a', from: 1, to: 6 });
    expect(() => findUnfinished('/elsewhere/goals.json', 'a')).toThrow('belongs to /somewhere/goals/goals.json');
    vi.unstubAllEnvs();
  });
});
