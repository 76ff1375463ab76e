import { expect, test } from 'vitest';
import { condition, loki, release, says } from './objects.ts';
import { useFlux } from './target.ts';

const flux = useFlux();
/** The controller looks every 5 s: a time that ends on that beat may end in the last look's own failure, which hides what was waited for. */
const OFF_BEAT = '7s';

async function install(name: string, chart: 'loki' | 'alloy', values: object, spec: object = {}): Promise<void> {
  for (const { kind, metadata, spec: wanted } of release(flux, name, chart, values, spec))
    await flux.apply(kind, metadata.name, { spec: wanted });
}

async function change(name: string, values: object, spec: object = {}): Promise<void> {
  await flux.apply('HelmRelease', name, { spec: { interval: '1h', chartRef: { kind: 'HelmChart', name }, values, ...spec } });
}

const alloy = (map: string) => ({ alloy: { configMap: { name: map, create: false } } });
const refused = { ...loki(1), read: { replicas: 1 } };
const stalled = { status: { conditions: expect.arrayContaining([expect.objectContaining({ type: 'Stalled', status: 'True' })]) } };
const what = (name: string, chart = 'alloy@1.11.1', version = 1) => `release ${flux.namespace}/${name}.v${version} with chart ${chart}`;

test('installed and upgraded: Ready says so, and the newest of the history is what runs', async () => {
  await flux.apply('ConfigMap', 'first', { data: {} });
  await flux.apply('ConfigMap', 'second', { data: {} });
  await install('agent', 'alloy', alloy('first'));
  await flux.until('HelmRelease', 'agent', says('True', 'InstallSucceeded', `Helm install succeeded for ${what('agent')}`));
  // Ready comes first, then the history, then the generation.
  const first = { chartName: 'alloy', chartVersion: '1.11.1', status: 'deployed', version: 1 };
  await flux.until('HelmRelease', 'agent', { status: { observedGeneration: 1, history: [first] } });

  await change('agent', alloy('second'));
  const upgraded = `Helm upgrade succeeded for ${what('agent', 'alloy@1.11.1', 2)}`;
  await flux.until('HelmRelease', 'agent', says('True', 'UpgradeSucceeded', upgraded), 60_000);
  const history = [
    { ...first, version: 2 },
    { ...first, status: 'superseded' },
  ];
  await flux.until('HelmRelease', 'agent', { status: { observedGeneration: 2, history } });
}, 90_000);

test('values that the chart refuses: its own words, again and again, without ever being stalled', async () => {
  const words =
    /^Helm install failed for release .*\/refused with chart loki@18\.11\.0: execution error at \(loki\/templates\/validate\.yaml:31:4\): You have more than zero replicas configured for both the single binary and simple scalable targets\./;
  await install('refused', 'loki', refused, { install: { remediation: { retries: 1 } } });
  const { status } = await flux.until('HelmRelease', 'refused', says('False', 'InstallFailed', words, { lastAttemptedGeneration: 1 }));
  // Nothing was installed, so nothing is counted: helm-controller tries again for ever, and never says that it has observed this.
  expect(status).toMatchObject({ observedGeneration: -1, lastAttemptedGeneration: 1 });
  expect(status.history).toBeUndefined();
  expect(condition(status, 'Stalled')).toBeUndefined();

  await change('refused', loki(1));
  await flux.until('HelmRelease', 'refused', says('True', 'InstallSucceeded', /loki@18\.11\.0$/));
});

test('an upgrade that the chart refuses: what runs goes on running', async () => {
  await install('refused-later', 'loki', loki(1));
  await flux.until('HelmRelease', 'refused-later', { status: { history: [{ status: 'deployed' }] } });
  await change('refused-later', refused);
  const { status } = await flux.until(
    'HelmRelease',
    'refused-later',
    says('False', 'UpgradeFailed', /validate\.yaml:31:4\): You have more/, { lastAttemptedGeneration: 2 }),
  );
  expect(status).toMatchObject({ observedGeneration: 1, lastAttemptedGeneration: 2, history: [{ status: 'deployed', version: 1 }] });
  expect(condition(status, 'Stalled')).toBeUndefined();
});

test('a chart that is not ready', async () => {
  await change('sourceless', {}, { chartRef: { kind: 'HelmChart', name: 'absent' } });
  await flux.until('HelmRelease', 'sourceless', says('False', 'ArtifactFailed', /^could not get Source object: .*"absent" not found$/));
  await flux.apply('HelmChart', 'late', {
    spec: { interval: '12h', chart: 'loki', version: '99.0.0', sourceRef: { kind: 'HelmRepository', name: 'loki-charts' } },
  });
  await change('late', {});
  const { status } = await flux.until(
    'HelmRelease',
    'late',
    says(
      'False',
      'SourceNotReady',
      /^HelmChart '.*\/late' is not ready: invalid chart reference: .* no 'loki' chart with version matching '99\.0\.0' found$/,
    ),
  );
  expect(status.observedGeneration).toBe(-1);
});

test('pods that never become ready: progressing, then failed, and stalled when the retries are used up', async () => {
  await install('starved', 'loki', loki(1, 'absent'), { timeout: OFF_BEAT, install: { remediation: { retries: 1 } } });
  await flux.until('HelmRelease', 'starved', says('Unknown', 'Progressing', `Running 'install' action with timeout of ${OFF_BEAT}`));
  await flux.until(
    'HelmRelease',
    'starved',
    says(
      'False',
      'InstallFailed',
      /^Helm install failed for release .*\/starved with chart loki@18\.11\.0: .*timeout waiting for: \[StatefulSet\/.*\/starved status: 'InProgress'\]/,
    ),
    40_000,
  );
  const { status } = await flux.until('HelmRelease', 'starved', stalled, 60_000);
  expect(condition(status, 'Stalled')).toMatchObject({ reason: 'RetriesExceeded', message: 'Failed to install after 2 attempt(s)' });
  expect(condition(status, 'Ready')).toMatchObject({ status: 'False', reason: 'InstallFailed' });
  expect(condition(status, 'Released')).toMatchObject({ status: 'False', reason: 'InstallFailed' });
  await flux.until('HelmRelease', 'starved', { status: { observedGeneration: 1 } });

  const token = await flux.ask('HelmRelease', 'starved', true);
  // What was installed in vain is there still: with the real one it is upgraded.
  await flux.until('HelmRelease', 'starved', says('Unknown', 'Progressing', /^Running '(install|upgrade)' action with timeout of 7s$/));
  await flux.until('HelmRelease', 'starved', { status: { lastHandledReconcileAt: token, lastHandledResetAt: token } }, 60_000);
}, 240_000);

test('an upgrade whose pods never become ready is rolled back: only Released still says why', async () => {
  const remediation = { timeout: OFF_BEAT, upgrade: { cleanupOnFail: true, remediation: { retries: 1, strategy: 'rollback' } } };
  await install('rolled', 'loki', loki(0, 'absent'), remediation);
  await flux.until('HelmRelease', 'rolled', says('True', 'InstallSucceeded', /loki@18\.11\.0$/));
  await change('rolled', loki(1, 'absent'), remediation);
  const { status } = await flux.until('HelmRelease', 'rolled', stalled, 90_000);
  expect(condition(status, 'Stalled')).toMatchObject({ reason: 'RetriesExceeded', message: 'Failed to upgrade after 2 attempt(s)' });
  expect(condition(status, 'Ready')).toMatchObject({ status: 'False', reason: expect.stringMatching(/^Rollback(Succeeded|Failed)$/) });
  const message = expect.stringMatching(/^Helm upgrade failed .*timeout waiting for: \[StatefulSet\/.*\/rolled status: 'InProgress'\]$/);
  expect(condition(status, 'Released')).toMatchObject({ status: 'False', reason: 'UpgradeFailed', message });
  await expect.poll(() => flux.get('StatefulSet', 'rolled')).toBeUndefined();
}, 240_000);

test('a suspended one installs nothing, and counts the generation as observed', async () => {
  await install('held', 'loki', loki(0), { suspend: true });
  const token = await flux.ask('HelmRelease', 'held');
  const { status } = await flux.until('HelmRelease', 'held', { status: { lastHandledReconcileAt: token, observedGeneration: 1 } });
  expect(status.conditions ?? []).toEqual([]);
});
