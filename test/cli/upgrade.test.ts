import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { EmbeddedCluster } from '#rehearsal/cluster.ts';
import { specOf, statusOf, type Tree } from '#rehearsal/tree.ts';
import { withRehearsal } from './rehearsal.ts';
import { runCommand } from './run-command.ts';
import { scratchFolder } from './scratch.ts';

const RELEASE = { apiVersion: 'helm.toolkit.fluxcd.io/v2', kind: 'HelmRelease', namespace: 'monitoring', name: 'loki' };

it('a new chart version, retention and values of a finished rollout: planned and run like anything else', {
  timeout: 120_000,
}, async () => {
  await withRehearsal(async (cluster) => {
    await declare(cluster, { chart: { version: '18.10.2' } }, { chart: { version: '1.11.0' } });
    await expectExit(0, 'run', '--yes');
    await expectExit(0, 'plan', '--exit-code');
    const finished = cluster.world.now();

    const values = { gateway: { podAnnotations: { team: 'platform' } } };
    await declare(cluster, { chart: { version: '18.11.0' }, retention: '45d', values }, { chart: { version: '1.11.1' } });
    // The charts, Loki and Alloy, what is asked of the retention, and what is written about all that.
    const touched = ['1.2', '2.1', '3.1', '4.2', '5.1', '6.1'];
    for (const look of [['status', '--offline'], ['status']]) {
      const { phases } = JSON.parse(await expectExit(0, ...look, '-o', 'json'));
      const open = phases.flatMap((phase: Tree) => phase.objectives).filter(({ status }: Tree) => status !== 'completed');
      expect(open.map(({ id }: Tree) => id)).toEqual(touched);
      expect(open.map(({ status }: Tree) => status)).toEqual(touched.map(() => 'in_progress'));
      expect(phases[0].status).toBe('completed');
      expect(phases[2].objectives[0].waiting_for).toEqual({
        what: 'the goals want something else than was rolled out',
        remedy: 'anton-logging plan 2 shows what would change, anton-logging phase run 2 does it',
      });
    }
    const verified = JSON.parse(await expectExit(5, 'verify', '-o', 'json'));
    expect(verified.regressions).toEqual([]);
    expect(verified.drift.map(({ objective, state }: Tree) => [objective, state])).toEqual([
      ['1.2', 'outdated'],
      ['1.2', 'outdated'],
      ['2.1', 'outdated'],
      ['5.1', 'outdated'],
    ]);

    const file = join(await scratchFolder(), 'plan.json');
    expect(await expectExit(0, 'plan', '--out', file)).toContain('changes planned, from phase 1 on; nothing was changed');
    const { phases } = JSON.parse(await readFile(file, 'utf8'));
    const changed = phases.flatMap((phase: Tree) => phase.objectives).filter(({ changes }: Tree) => changes.length > 0);
    expect(changed.map(({ objective }: Tree) => objective)).toEqual(['1.2', '2.1', '3.1', '5.1', '6.1']);
    await expectExit(0, 'run', '--plan', file, '--yes');

    const release = cluster.world.store.get(RELEASE);
    expect(statusOf(release).history[0]).toMatchObject({ chartVersion: '18.11.0', status: 'deployed' });
    expect(specOf(release).values).toMatchObject({
      loki: { limits_config: { retention_period: '45d' } },
      gateway: { podAnnotations: { team: 'platform' } },
    });
    await expectExit(0, 'verify');
    expect(await expectExit(0, 'plan')).toContain('Nothing to do: everything is as declared');
    // The claim is gone: there is nothing left that 45 days beside its archive could be for.
    expect(cluster.world.now().getTime() - finished.getTime()).toBeLessThan(24 * 3_600_000);
  });
});

async function declare({ checkout }: EmbeddedCluster, loki: object, alloy: object): Promise<void> {
  const file = join(checkout, 'goals/goals.json');
  const goals = JSON.parse(await readFile(file, 'utf8'));
  await writeFile(file, JSON.stringify({ ...goals, environment: { ...goals.environment, loki, alloy } }, undefined, 2));
}

async function expectExit(wanted: number, ...argv: string[]): Promise<string> {
  const { exit, stdout, stderr } = await runCommand(argv);
  expect(exit, stdout + stderr).toBe(wanted);
  return stdout;
}
