import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Manifest } from '#model/kubernetes.ts';
import { conditionOf } from '#rehearsal/controllers/apply.ts';
import { claimFiles } from '#rehearsal/controllers/archive.ts';
import { logKey } from '#rehearsal/controllers/logs.ts';
import { type Homelab, startHomelab } from '../rollout.ts';

let homelab: Homelab;
beforeAll(async () => {
  homelab = await startHomelab();
});
afterAll(() => homelab.stop());

const object = (apiVersion: string, kind: string, name: string, rest: object): Manifest => ({
  apiVersion,
  kind,
  metadata: { name, namespace: 'default' },
  ...rest,
});
const put = (manifest: Manifest) => homelab.world.store.put(manifest);
const get = (kind: string, name: string) => homelab.get(kind, name, 'default');
const pods = (app: string) => homelab.world.store.list('v1', 'Pod', 'default').filter(({ metadata }) => metadata.labels?.app === app);
const selector = (app: string) => ({ matchLabels: { app } });
const template = (app: string, spec: object) => ({ metadata: { labels: { app } }, spec });

test('a StatefulSet gets pods and claims with its names, and a changed template new pods', async () => {
  const containers = [{ name: 'db', image: 'db:1' }];
  const claim = { metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } };
  const spec = {
    replicas: 2,
    serviceName: 'db',
    selector: selector('db'),
    template: template('db', { containers }),
    volumeClaimTemplates: [claim],
  };
  put(object('apps/v1', 'StatefulSet', 'db', { spec }));
  await homelab.until(() => get('StatefulSet', 'db').status?.readyReplicas === 2);
  expect(pods('db').map(({ metadata }) => metadata.name)).toEqual(['db-0', 'db-1']);
  expect(get('PersistentVolumeClaim', 'data-db-1')).toMatchObject({
    status: { phase: 'Bound', capacity: { storage: '1Gi' } },
    spec: { storageClassName: 'ceph-block' },
  });
  const uid = get('Pod', 'db-0').metadata.uid;

  put({ ...get('StatefulSet', 'db'), spec: { ...spec, template: template('db', { containers: [{ name: 'db', image: 'db:2' }] }) } });
  await homelab.until(
    () => get('StatefulSet', 'db').status.observedGeneration === 2 && get('StatefulSet', 'db').status.readyReplicas === 2,
  );
  expect(get('Pod', 'db-0')).toMatchObject({
    metadata: { ownerReferences: [{ kind: 'StatefulSet', name: 'db' }] },
    status: { containerStatuses: [{ image: 'db:2' }] },
  });
  expect(get('Pod', 'db-0').metadata.uid).not.toBe(uid);
  const { currentRevision, updateRevision, updatedReplicas } = get('StatefulSet', 'db').status;
  expect([currentRevision, updatedReplicas]).toEqual([updateRevision, 2]);
});

test.each([
  ['OrderedReady', true],
  ['Parallel', false],
])('a pod that never became ready outlives its template with %s: %s', async (podManagementPolicy, outlives) => {
  const name = `held-${podManagementPolicy.toLowerCase()}`;
  const roll = (memory: string) => {
    const containers = [{ name: 'a', image: 'a', resources: { limits: { memory } } }];
    const spec = { replicas: 1, podManagementPolicy, selector: selector(name), template: template(name, { containers }) };
    put({ ...object('apps/v1', 'StatefulSet', name, { spec }), ...(get('StatefulSet', name) ?? {}), spec });
  };
  const status = () => get('StatefulSet', name).status ?? {};
  roll('64Mi');
  await homelab.until(() => status().readyReplicas === 1);
  const good = status().updateRevision;
  roll('8Mi');
  await homelab.until(() => JSON.stringify(get('Pod', `${name}-0`)?.status ?? {}).includes('CrashLoopBackOff'));
  const bad = get('Pod', `${name}-0`).metadata;
  expect(bad.labels['controller-revision-hash']).toBe(status().updateRevision);
  roll('64Mi');
  await homelab.until(() => status().updateRevision === good);
  if (outlives) {
    expect(status()).toMatchObject({ readyReplicas: 0, updatedReplicas: 0, currentRevision: good });
    expect(get('Pod', `${name}-0`).metadata.uid).toBe(bad.uid);
    homelab.world.store.remove({ apiVersion: 'v1', kind: 'Pod', namespace: 'default', name: `${name}-0` });
  }
  await homelab.until(() => status().readyReplicas === 1 && status().updatedReplicas === 1);
  expect(get('Pod', `${name}-0`).metadata).toMatchObject({ labels: { 'controller-revision-hash': good } });
});

test('a DaemonSet has a pod on every node', async () => {
  const spec = { selector: selector('agent'), template: template('agent', { containers: [{ name: 'a', image: 'a' }] }) };
  put(object('apps/v1', 'DaemonSet', 'agent', { spec }));
  await homelab.until(() => get('DaemonSet', 'agent').status?.numberAvailable === 3);
  expect(get('DaemonSet', 'agent').status).toMatchObject({
    desiredNumberScheduled: 3,
    updatedNumberScheduled: 3,
    observedGeneration: 1,
  });
  expect(new Set(pods('agent').map((pod) => (pod.spec as { nodeName: string }).nodeName))).toEqual(new Set(['k8s-1', 'k8s-2', 'k8s-3']));
});

test('a missing Secret holds the container back until it is there', async () => {
  const env = [{ name: 'KEY', valueFrom: { secretKeyRef: { name: 'keys', key: 'a' } } }];
  const spec = {
    replicas: 1,
    selector: selector('wanting'),
    template: template('wanting', { containers: [{ name: 'a', image: 'a', env }] }),
  };
  put(object('apps/v1', 'Deployment', 'wanting', { spec }));
  const waiting = () =>
    pods('wanting')[0] &&
    (pods('wanting')[0] as Manifest & { status?: { containerStatuses?: [{ state: { waiting?: object } }] } }).status?.containerStatuses?.[0]
      .state.waiting;
  await homelab.until(() => JSON.stringify(waiting())?.includes('CreateContainerConfigError'));
  expect(waiting()).toEqual({ reason: 'CreateContainerConfigError', message: 'secret "keys" not found' });
  expect(conditionOf(get('Deployment', 'wanting'), 'Available').status).toBe('False');
  put(object('v1', 'Secret', 'keys', { data: { a: 'eA==' } }));
  await homelab.until(() => get('Deployment', 'wanting').status.availableReplicas === 1);
});

test('a memory limit below the need kills the container again and again, in virtual time', async () => {
  const containers = [{ name: 'loki', image: 'loki', resources: { limits: { memory: '64Mi' } } }];
  put(object('v1', 'Pod', 'starved', { spec: { containers } }));
  const state = () => get('Pod', 'starved').status?.containerStatuses?.[0];
  await homelab.until(() => state()?.restartCount === 1);
  expect(state()).toMatchObject({
    ready: false,
    state: { waiting: { reason: 'CrashLoopBackOff' } },
    lastState: { terminated: { reason: 'OOMKilled', exitCode: 137 } },
  });
  homelab.moveClock(600_000);
  await homelab.until(() => state().restartCount === 3);
});

test('a pod that prints writes its lines once and succeeds; a successor of the same name has a log of its own', async () => {
  const print = (...args: string[]) => {
    const containers = [{ name: 'probe', image: 'busybox', command: ['printf', '%s\\n'], args }];
    put(object('v1', 'Pod', 'printer', { spec: { containers, restartPolicy: 'Never' } }));
    return homelab.until(() => get('Pod', 'printer')?.status?.phase === 'Succeeded');
  };
  const written = () => homelab.world.logs.get(logKey(get('Pod', 'printer') as Manifest))?.map(({ line }) => line);
  await print('one', 'two');
  expect(written()).toEqual(['one', 'two']);
  homelab.world.store.remove({ apiVersion: 'v1', kind: 'Pod', namespace: 'default', name: 'printer' });
  await print('three');
  expect(written()).toEqual(['three']);
});

test('a job without its Secret waits for it, as any pod does', async () => {
  const env = [{ name: 'KEY', valueFrom: { secretKeyRef: { name: 'absent', key: 'a' } } }];
  put(object('batch/v1', 'Job', 'wanting', { spec: { template: { spec: { containers: [{ name: 'a', image: 'a', env }] } } } }));
  const pod = () =>
    homelab.world.store.list('v1', 'Pod', 'default').find(({ metadata }) => metadata.name.startsWith('wanting-') && !metadata.labels?.app);
  await homelab.until(() => JSON.stringify(pod()?.status ?? {}).includes('secret \\"absent\\" not found'));
});

test('the archive job copies the claim’s files and their inventory into the bucket', async () => {
  const { store, buckets } = homelab.world;
  const env = [
    { name: 'ARCHIVE_BUCKET', value: 'archive' },
    { name: 'ARCHIVE_PREFIX', value: 'airflow' },
    { name: 'ARCHIVE_CLAIM_BYTES', value: '1024' },
  ];
  const volumes = [{ name: 'logs', persistentVolumeClaim: { claimName: 'airflow-logs' } }];
  const spec = {
    backoffLimit: 0,
    template: { spec: { containers: [{ name: 'archive', image: 'rclone', env }], volumes, restartPolicy: 'Never' } },
  };
  const job = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'airflow-log-archive', namespace: 'airflow' }, spec };
  buckets.create('archive');
  store.put(job);
  await homelab.until(() => buckets.get('archive', 'airflow/MANIFEST.json'));
  const objects = buckets.list('archive', 'airflow/dag_id=');
  const bytes = objects.reduce((sum, { size }) => sum + size, 0);
  expect(JSON.parse(String(buckets.get('archive', 'airflow/MANIFEST.json')))).toEqual({
    files: claimFiles().length,
    bytes,
    claimBytes: 1024,
  });
  const inventory = objects.map(({ key, size }) => `${size} ${key.replace('airflow/', '')}`).sort();
  expect(String(buckets.get('archive', 'airflow/INVENTORY.txt')).trim().split('\n').sort()).toEqual(inventory);
  expect(objects).toHaveLength(48);
  store.remove({ ...job, ...job.metadata });
});

test('Airflow without its claim: a missing triggerer block brings a claim of 100Gi back', async () => {
  const release = homelab.get('HelmRelease', 'airflow', 'airflow');
  const file = (values: object) => ({
    'airflow/airflow/app/helmrelease.yaml': {
      apiVersion: release.apiVersion,
      kind: release.kind,
      metadata: { name: 'airflow', namespace: 'airflow' },
      spec: { ...release.spec, values },
    },
  });
  const mounted = () => homelab.world.store.list('v1', 'Pod', 'airflow').some((pod) => JSON.stringify(pod.spec).includes('"airflow-logs"'));
  await homelab.until(mounted);
  await homelab.commit(file({ logs: { persistence: { enabled: false } }, triggerer: { persistence: { enabled: false } } }));
  await homelab.reconcile();
  await homelab.until(() => !mounted() && homelab.get('StatefulSet', 'airflow-triggerer', 'airflow').status.readyReplicas === 1);
  expect(homelab.get('PersistentVolumeClaim', 'airflow-logs', 'airflow')).toBeDefined();
  await homelab.commit(file({ logs: { persistence: { enabled: false } } }));
  await homelab.reconcile();
  await homelab.until(() => homelab.get('PersistentVolumeClaim', 'logs-airflow-triggerer-0', 'airflow')?.status?.phase === 'Bound');
});
