import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Manifest } from '#model/kubernetes.ts';
import { sendLog } from '#rehearsal/api/logs.ts';
import { recordEvent } from '#rehearsal/controllers/events.ts';
import { type Homelab, startHomelab } from '../rollout.ts';

let homelab: Homelab;
beforeAll(async () => {
  homelab = await startHomelab();
});
afterAll(() => homelab.stop());

const object = (kind: string, name: string, spec: object): Manifest => ({
  apiVersion: 'v1',
  kind,
  metadata: { name, namespace: 'default' },
  spec,
});
const eventsOf = (name: string) =>
  homelab.world.store.list('v1', 'Event', 'default').filter(({ involvedObject }) => (involvedObject as { name: string }).name === name);

test('a claim whose StorageClass is not there says so, and is bound once that comes', async () => {
  const { store } = homelab.world;
  const spec = { storageClassName: 'fast', accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
  store.put(object('PersistentVolumeClaim', 'data', spec));
  await homelab.until(() => eventsOf('data').length > 0);
  expect(eventsOf('data')).toMatchObject([
    {
      involvedObject: { kind: 'PersistentVolumeClaim', namespace: 'default' },
      ...{ type: 'Warning', reason: 'ProvisioningFailed', message: 'storageclass.storage.k8s.io "fast" not found', count: 1 },
    },
  ]);
  store.put({ apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', metadata: { name: 'fast' }, provisioner: 'storage.rbd.csi.ceph.com' });
  await homelab.until(() => homelab.get('PersistentVolumeClaim', 'data', 'default').status?.phase === 'Bound');
});

test('a killed container backs off, and its log is that of the container before', async () => {
  homelab.world.store.put(
    object('Pod', 'hungry', { containers: [{ name: 'loki', image: 'loki:1', resources: { limits: { memory: '1Mi' } } }] }),
  );
  await homelab.until(() => eventsOf('hungry').length > 0);
  expect(eventsOf('hungry')).toMatchObject([{ reason: 'BackOff', message: 'Back-off restarting failed container loki in pod hungry' }]);
  expect(logOf('hungry', 'previous=true')).toMatch(/^level=info ts=\S+ msg="starting" image=loki:1\n$/);
});

test('a container that never ended has no log of before', async () => {
  homelab.world.store.put(object('Pod', 'calm', { containers: [{ name: 'c', image: 'c' }] }));
  await homelab.until(() => homelab.get('Pod', 'calm', 'default').status?.phase === 'Running');
  expect(() => logOf('calm', 'previous=true')).toThrow('previous terminated container "c" in pod "calm" not found');
});

test('an event is said once, and again of another object of that name', () => {
  const { store } = homelab.world;
  const one = store.put(object('ConfigMap', 'one', {}));
  recordEvent(homelab.world, one, 'Seen', 'it is there', 'Normal');
  recordEvent(homelab.world, one, 'Seen', 'it is there', 'Normal');
  recordEvent(homelab.world, { ...one, metadata: { ...one.metadata, uid: 'another' } }, 'Seen', 'it is there', 'Normal');
  expect(eventsOf('one').map(({ type }) => type)).toEqual(['Normal', 'Normal']);
});

function logOf(name: string, query: string): string {
  let sent = '';
  const response = { writeHead: () => ({ end: (text: string) => (sent = text) }) };
  sendLog(homelab.world, homelab.get('Pod', name, 'default'), new URLSearchParams(query), response as unknown as ServerResponse);
  return sent;
}
