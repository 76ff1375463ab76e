import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import { conditionOf } from '#rehearsal/controllers/apply.ts';
import { type Homelab, phase1, phase2, startHomelab } from '../rollout.ts';

const LOKI = 'http://loki.monitoring.svc:3100';
const GATEWAY = 'http://loki-gateway.monitoring.svc';

let homelab: Homelab;
beforeAll(async () => {
  homelab = await startHomelab();
  await homelab.commit({ ...phase1, ...phase2 });
  await homelab.reconcile();
});
afterAll(() => homelab.stop());
beforeEach(() => homelab.until(() => conditionOf(homelab.get('HelmRelease', 'loki'), 'Ready')?.status === 'True' && isLokiReady()));

const fault = (name: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: `fault-${name}`, namespace: 'rehearsal', labels: { 'anton-logging/fault': name } },
});
const bring = (name: string) => homelab.world.store.put(fault(name));
const lift = (name: string) => homelab.world.store.remove({ ...fault(name), ...fault(name).metadata });
const lokiContainer = () => homelab.get('Pod', 'loki-0')?.status?.containerStatuses?.[0];
const isLokiReady = () => homelab.get('StatefulSet', 'loki')?.status?.readyReplicas === 1;
const config = async () => parse(String((await homelab.call(`${LOKI}/config`)).body));

test('oom-loop: Loki is killed again and again, nobody listens, and a healthy pod comes after it', async () => {
  bring('oom-loop');
  await homelab.until(() => lokiContainer()?.restartCount > 0);
  expect(lokiContainer()).toMatchObject({ ready: false, lastState: { terminated: { reason: 'OOMKilled', exitCode: 137 } } });
  expect(homelab.get('Pod', 'loki-0').spec.containers[0].resources.limits.memory).toBe('128Mi');
  await expect(homelab.call(`${LOKI}/ready`)).rejects.toThrow('nobody listens');
  lift('oom-loop');
  await homelab.until(isLokiReady);
  expect(lokiContainer()).toMatchObject({ ready: true, restartCount: 0 });
  expect((await homelab.call(`${LOKI}/ready`)).status).toBe(200);
});

test('gateway-404: push and queries have no route', async () => {
  const series = () => homelab.call(`${GATEWAY}/loki/api/v1/series`, { query: { 'match[]': '{namespace=~".+"}' } });
  bring('gateway-404');
  await homelab.until(async () => homelab.get('Deployment', 'loki-gateway').status.readyReplicas === 1 && (await series()).status === 404);
  expect((await homelab.call(`${GATEWAY}/loki/api/v1/push`, { method: 'POST', body: {} })).status).toBe(404);
  expect((await homelab.call(`${LOKI}/ready`)).status).toBe(200);
  lift('gateway-404');
  await homelab.until(() => homelab.get('ConfigMap', 'loki-gateway').data['nginx.conf'].includes('/loki/api/v1/push'));
  await homelab.until(() => homelab.get('Deployment', 'loki-gateway').status.readyReplicas === 1);
  expect((await series()).status).toBe(200);
});

test('retention-off: all is green, yet nothing would be deleted', async () => {
  bring('retention-off');
  await homelab.until(async () => isLokiReady() && !(await config()).compactor.retention_enabled);
  expect((await config()).limits_config.retention_period).toBe('1w');
  expect(conditionOf(homelab.get('HelmRelease', 'loki'), 'Ready').status).toBe('True');
  lift('retention-off');
  await homelab.until(async () => isLokiReady() && (await config()).compactor.retention_enabled);
});
