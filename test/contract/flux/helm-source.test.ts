import { expect, test } from 'vitest';
import { says } from './objects.ts';
import { useFlux } from './target.ts';

const flux = useFlux();
const chart = (name: string, version: string, repository: string) => ({
  spec: { interval: '12h', chart: name, version, sourceRef: { kind: 'HelmRepository', name: repository } },
});

test('a chart that is served: its revision is its version', async () => {
  await flux.apply('HelmRepository', 'served', { spec: { interval: '12h', url: flux.charts.loki } });
  await flux.until('HelmRepository', 'served', says('True', 'Succeeded', /^stored artifact: revision 'sha256:/));
  await flux.apply('HelmChart', 'served', chart('loki', '18.11.0', 'served'));
  const pulled = says('True', 'ChartPullSucceeded', "pulled 'loki' chart with version '18.11.0'");
  await flux.until('HelmChart', 'served', pulled);
  // Conditions come first, then the generation.
  await flux.until('HelmChart', 'served', {
    status: { artifact: { revision: '18.11.0' }, observedChartName: 'loki', observedGeneration: 1 },
  });
});

test('a version that is not served: stalled, and what was pulled before stays', async () => {
  const refused = says(
    'False',
    'InvalidChartReference',
    "invalid chart reference: failed to get chart version for remote reference: no 'loki' chart with version matching '99.0.0' found",
  );
  await flux.apply('HelmRepository', 'older', { spec: { interval: '12h', url: flux.charts.loki } });
  await flux.apply('HelmChart', 'never', chart('loki', '99.0.0', 'older'));
  await flux.until('HelmChart', 'never', refused);
  const never = await flux.until('HelmChart', 'never', { status: { observedGeneration: 1 } });
  expect(never.status.artifact).toBeUndefined();

  await flux.apply('HelmChart', 'raised', chart('loki', '18.11.0', 'older'));
  await flux.until('HelmChart', 'raised', { status: { artifact: { revision: '18.11.0' } } });
  await flux.apply('HelmChart', 'raised', chart('loki', '99.0.0', 'older'));
  await flux.until('HelmChart', 'raised', refused);
  const { status } = await flux.until('HelmChart', 'raised', { status: { artifact: { revision: '18.11.0' }, observedGeneration: 2 } });
  expect(status.conditions).toContainEqual(expect.objectContaining({ type: 'Stalled', status: 'True', reason: 'InvalidChartReference' }));

  await flux.apply('HelmChart', 'raised', chart('loki', '18.11.0', 'older'));
  const { status: healed } = await flux.until('HelmChart', 'raised', { status: { observedGeneration: 3 } });
  expect(healed.conditions).not.toContainEqual(expect.objectContaining({ type: 'Stalled' }));
});

test('a repository that can not be reached: not ready, and its chart has no source', async () => {
  await flux.apply('HelmRepository', 'unreachable', { spec: { interval: '12h', url: 'http://127.0.0.1:9/charts' } });
  await flux.until('HelmRepository', 'unreachable', says('False', 'Failed', /^failed to fetch Helm repository index: .*127\.0\.0\.1:9/));
  await flux.apply('HelmChart', 'unreachable', chart('loki', '18.11.0', 'unreachable'));
  const message = "no artifact available for HelmRepository source 'unreachable'";
  const { status } = await flux.until('HelmChart', 'unreachable', says('False', 'NoSourceArtifact', message));
  expect(status.artifact).toBeUndefined();
});
