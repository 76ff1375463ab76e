import { expect, it } from 'vitest';
import type { Plan } from '#model/plan.ts';
import { withRehearsal } from './rehearsal.ts';
import { runCommand } from './run-command.ts';

const planOf = async (...argv: string[]): Promise<Plan> => JSON.parse((await runCommand(['plan', ...argv, '-o', 'json'])).stdout);

it('a plan tells what is ahead, past what earlier phases are to bring about; at the end there is nothing to do', {
  timeout: 240_000,
}, async () => {
  await withRehearsal(async () => {
    const plan = await planOf();
    const objectives = plan.phases.flatMap((phase) => phase.objectives);
    const of = (id: string) => objectives.find(({ objective }) => objective === id);
    expect(plan.phases.map(({ phase }) => phase)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(plan.phases[2]?.preconditions.map(({ state }) => state)).toContain('pending');
    expect(of('1.1')?.changes[0]).toMatchObject({ do: 'commit', diff: expect.stringContaining('+kind: ObjectBucketClaim') });
    expect(of('2.1')?.changes[0]?.parts.map(({ name }) => name)).toEqual(['kubernetes/apps/monitoring/loki/app/release.yaml']);
    expect(of('2.1')?.waits.map(({ check }) => check)).toContain('loki.retention-runs');
    expect(of('2.3')?.probes[0]?.writes[0]).toMatch(/^push 1 line to monitoring\//);
    expect(
      of('6.2')
        ?.gates.map(({ kind }) => kind)
        .toSorted(),
    ).toEqual(['approval', 'soak']);
    expect(plan.permissions).toContain('get services/proxy in monitoring (name loki:3100)');
    expect([plan.nothing_to_do, plan.summary]).toEqual([
      false,
      expect.stringMatching(/^\d+ changes planned, from phase 1 on; nothing was changed$/),
    ]);

    expect((await runCommand(['run', '--yes'])).exit).toBe(0);
    const { exit, stdout } = await runCommand(['plan', '--no-color']);
    expect([exit, stdout]).toEqual([0, expect.stringMatching(/\nNothing to do: everything is as declared\n$/)]);
  });
});
