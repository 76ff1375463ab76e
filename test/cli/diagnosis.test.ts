import { expect, test } from 'vitest';
import { bringIn } from '#commands/support/faults.ts';
import type { Manifest } from '#model/kubernetes.ts';
import type { World } from '#rehearsal/world.ts';
import { withRehearsal } from './rehearsal.ts';
import { runCommand, runEvents } from './run-command.ts';

test('a killed container: from the release down to its log, as a paragraph and as an array', { timeout: 60_000 }, async () => {
  await withRehearsal(async ({ world }) => {
    bringIn({ name: 'oom-loop' }, world);
    const { exit, events, stderr } = await runEvents(['run', '--to', '2', '--yes']);
    expect(exit, stderr).toBe(1);
    const [red] = events.filter(({ type, state }) => type === 'check.judged' && state === 'failed');
    expect(red.cause).toEqual([
      expect.stringContaining('HelmRelease monitoring/loki: Progressing: '),
      'StatefulSet monitoring/loki: 0 of 1 ready',
      expect.stringMatching(
        /^Pod monitoring\/loki-0 on k8s-\d: container loki waits: CrashLoopBackOff \(back-off 5m0s .*\); it is tried again by the kubelet/,
      ),
      'container loki ended with exit code 137: OOMKilled, its memory limit is 128Mi',
      expect.stringMatching(/^its log ends: level=info ts=\S+ msg="starting" image=/),
    ]);
    expect(red.remedy).toContain('raise environment.loki.memory.limit');
    expect(events.at(-1).summary).toBe([`${red.title}: ${red.summary}`, ...red.cause].join(', because '));
  });
});

test('a timeout does not hide the cause', { timeout: 60_000 }, async () => {
  await withRehearsal(async ({ world }) => {
    const parent = { apiVersion: 'kustomize.toolkit.fluxcd.io/v1', kind: 'Kustomization', namespace: 'flux-system', name: 'cluster-apps' };
    expect((await runCommand(['run', '--to', '0', '--yes'])).exit).toBe(0);
    suspend(world, world.store.get(parent));
    const { exit, stderr } = await runCommand(['run', '--to', '1', '--yes', '--timeout', '1s']);
    expect(exit, stderr).toBe(1);
    const [, why] = stderr.split(/1\.1 pending .*: Kustomization flux-system\/loki-storage is not there yet\n(?= +because)/);
    expect(why).toMatch(
      /^ +because Kustomization flux-system\/cluster-apps makes it\n +because Kustomization flux-system\/cluster-apps is suspended\n/,
    );
    expect(stderr).toContain('to fix it: flux resume kustomization -n flux-system cluster-apps');
  });
});

function suspend({ store }: World, object: Manifest | undefined): void {
  if (object === undefined) throw new Error('it is not there');
  store.put({ ...object, spec: { ...(object.spec as object), suspend: true } });
}
