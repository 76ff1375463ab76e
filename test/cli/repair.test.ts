import { expect, test, vi } from 'vitest';
import type { Manifest } from '#model/kubernetes.ts';
import type { World } from '#rehearsal/world.ts';
import { withRehearsal } from './rehearsal.ts';
import { runCommand } from './run-command.ts';

const NAME = 'loki-index';
const LABELS = { 'app.kubernetes.io/instance': 'loki' };

test('a bad commit was reverted and its pod stays: red with the cause, resume --repair completes', { timeout: 60_000 }, async () => {
  await withRehearsal(async ({ world }) => {
    await keepBadPod(world);
    const red = await runCommand(['run', '--to', '2', '--yes']);
    expect(red.exit).toBe(1);
    expect(red.stderr).toMatch(
      /2\.1 failed {2}No StatefulSet of HelmRelease monitoring\/loki .*: Pod monitoring\/loki-index-0 has revision loki-index-\w+, wanted is loki-index-\w+, and it is not ready/,
    );
    expect(red.stderr).toContain('does not replace a pod that never became ready (https://github.com/kubernetes/kubernetes/issues/67250');
    const command = 'kubectl delete pod -n monitoring loki-index-0 && flux reconcile helmrelease -n monitoring loki --reset';
    expect(red.stderr).toContain(`to fix it: ${command}; or have it done: anton-logging resume --repair`);

    const healed = await runCommand(['resume', '--yes', '--repair']);
    expect(healed.exit, healed.stderr).toBe(0);
    const did = healed.stderr.split('\n').filter((line) => / did /.test(line));
    expect(did.filter((line) => /removed|reset/.test(line))).toEqual([
      '  2.1 did     removed Pod monitoring/loki-index-0',
      '  2.1 did     asked Flux to reset and reconcile HelmRelease monitoring/loki',
    ]);
    expect(did.filter((line) => line.includes('committed'))).toEqual([]);
    const release = { apiVersion: 'helm.toolkit.fluxcd.io/v2', kind: 'HelmRelease', namespace: 'monitoring', name: 'loki' };
    const annotations = world.store.get(release)?.metadata.annotations ?? {};
    expect(annotations['reconcile.fluxcd.io/resetAt']).toBe(annotations['reconcile.fluxcd.io/requestedAt']);
  });
});

test('the time from a commit to each verdict is told', { timeout: 60_000 }, async () => {
  await withRehearsal(async () => {
    const { stderr } = await runCommand(['run', '--to', '2', '--yes']);
    expect(stderr).toMatch(/2\.1 met {5}HelmRelease monitoring\/loki is released .* \(\d+\.\d s after the commit\)/);
  });
});

/** Another StatefulSet of the release, which was well, then needed more memory than it had, and then was what it was before. */
async function keepBadPod({ store }: World): Promise<void> {
  const ref = (kind: string, name: string) => ({ apiVersion: kind === 'Pod' ? 'v1' : 'apps/v1', kind, namespace: 'monitoring', name });
  const put = (memory: string) => {
    const containers = [{ name: 'index', image: 'index', resources: { limits: { memory } } }];
    const template = { metadata: { labels: LABELS }, spec: { containers } };
    const { name, namespace, ...kind } = ref('StatefulSet', NAME);
    const labels = { ...LABELS, ...store.get(ref('StatefulSet', NAME))?.metadata.labels };
    store.put({ ...kind, metadata: { name, namespace, labels }, spec: { replicas: 1, selector: { matchLabels: LABELS }, template } });
  };
  const status = (kind: string, name: string) => (store.get(ref(kind, name)) as Manifest & { status?: Record<string, unknown> })?.status;
  const until = (seen: () => boolean) => vi.waitUntil(seen, { timeout: 5_000, interval: 5 });
  put('64Mi');
  await until(() => status('StatefulSet', NAME)?.readyReplicas === 1);
  put('8Mi');
  await until(() => JSON.stringify(status('Pod', `${NAME}-0`) ?? {}).includes('CrashLoopBackOff'));
  put('64Mi');
  await until(() => status('StatefulSet', NAME)?.updatedReplicas === 0);
}
