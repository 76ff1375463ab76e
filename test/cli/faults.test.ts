import { expect, test } from 'vitest';
import { bringIn } from '#commands/support/faults.ts';
import { FAULTS } from '#rehearsal/faults/index.ts';
import type { Tree } from '#rehearsal/tree.ts';
import { withRehearsal } from './rehearsal.ts';
import { runEvents } from './run-command.ts';

/** Of each kind one: they take a whole rollout each. */
const CHOSEN = ['oom-loop', 'gateway-404', 'retention-off', 'helm-retries-exhausted', 'reclaim-policy-delete', 'archive-incomplete'];

test.each(FAULTS.filter(({ name }) => CHOSEN.includes(name)).map(({ name, phase, check, says }) => ({ name, phase, check, says })))(
  '$name is red for the right reason; lifted, resume completes without doing again what was proven',
  { timeout: 60_000 },
  async ({ name, phase, check, says }) => {
    await withRehearsal(async ({ world }) => {
      bringIn({ name }, world);
      const red = await runEvents(['run', '--to', String(phase), '--yes']);
      expect(red.exit).toBe(1);
      expect(red.events.at(-1)).toMatchObject({ type: 'run.finished', state: 'failed' });
      const judged = red.events.filter(({ type, state }) => type === 'check.judged' && state === 'failed');
      expect(judged.map((event) => event.check)).toEqual([check]);
      const said = JSON.stringify(judged);
      for (const words of says) expect(said).toContain(words);

      world.store.remove({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'rehearsal', name: `fault-${name}` });
      const healed = await runEvents(['resume', '--yes']);
      expect(healed.exit).toBe(0);
      expect(healed.events.at(-1)).toMatchObject({ state: 'completed' });
      const proven = red.events
        .filter(({ type, state }) => type === 'objective.finished' && state === 'completed')
        .map((event) => event.objective);
      expect(proven).toContain('1.2');
      const redone = healed.events.filter(({ type, objective }) => type === 'change.applied' && proven.includes(objective));
      expect(redone).toEqual([]);
      const committed = commitsIn(red.events);
      expect(commitsIn(healed.events).filter((why) => committed.includes(why))).toEqual([]);
    });
  },
);

/** What was committed, without the commit's own name. */
function commitsIn(events: readonly Tree[]): readonly string[] {
  return events.flatMap(({ type, result }) => (type === 'change.applied' ? (/^committed \w+ (.*)/.exec(String(result))?.[1] ?? []) : []));
}
