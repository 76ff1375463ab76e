import { cephHasRoom, cephIsHealthy, storeIsNotStuck, storeIsReady } from '#checks/ceph.ts';
import { bucketIsReachable, bucketTakesObjects, secretIsComplete, wrongSecretIsRefused } from '#checks/s3.ts';
import { bucketHasRoom, costIsCounted } from '#checks/storage-use.ts';
import type { Answer } from '#model/read.ts';
import {
  AIRFLOW,
  absent,
  failed,
  list,
  met,
  NOW,
  object,
  PROMETHEUS,
  pending,
  ROOK,
  STORAGE,
  s3,
  table,
  unreadable,
  vector,
} from '../support.ts';

const ceph = (phase: string, rest: Record<string, unknown> = {}) => ({ name: 'storage', status: { phase, ...rest } });
const room = (used: number, total: number) => ceph('Ready', { ceph: { capacity: { bytesUsed: used * 1024, bytesTotal: total * 1024 } } });
const gateway = (availableReplicas: number, name = 'rook-ceph-rgw-storage-a', replicas = 1) => ({
  name,
  spec: { replicas, template: { spec: { containers: [] } } },
  status: { availableReplicas },
});
const secret = (keys: readonly string[], revealed: Record<string, string> = {}): Answer => ({ of: 'secret', keys, revealed });
const modified = NOW.toISOString();
const LARGE = 6 * 2 ** 20;
const parts = s3(200, { objects: [{ key: 'anton-logging/probe/large', size: LARGE, modified }] });
const keys = ['endpoint', 'bucket', 'region', 'access_key_id', 'secret_access_key'];
const refusal = s3(403, { code: 'SignatureDoesNotMatch' });

export default [
  table(cephIsHealthy(ROOK), { found: object(ceph('Ready', { ceph: { health: 'HEALTH_OK' } })) }, 'Ready, HEALTH_OK', [
    met(
      'a warning serves, and is shown',
      { found: object(ceph('Ready', { ceph: { health: 'HEALTH_WARN', details: { OSD_NEARFULL: { message: '1 nearfull osd(s)' } } } })) },
      'Ready, HEALTH_WARN; OSD_NEARFULL: 1 nearfull osd(s)',
    ),
    failed(
      'an error',
      {
        found: object(
          ceph('Ready', {
            message: 'osd down',
            ceph: { health: 'HEALTH_ERR', details: { PG_DAMAGED: { message: 'Possible data damage' } } },
          }),
        ),
      },
      'Ready, HEALTH_ERR',
      'CephCluster storage/storage needs somebody',
      'osd down',
      'PG_DAMAGED: Possible data damage',
      'kubectl describe cephcluster -n storage storage',
    ),
    pending(
      'new',
      { found: object(ceph('Progressing', { message: 'creating' })) },
      'no health reported',
      'creating',
      'kubectl describe cephcluster -n storage storage',
    ),
    pending('brand-new', { found: object(ceph('')) }, 'no phase, no health reported'),
    failed('not there', { found: absent }, 'no CephCluster storage/storage', 'environment.storage.rook'),
  ]),
  table(cephHasRoom(ROOK), { found: object(room(2, 6)) }, '2Ki of 6Ki used', [
    met('nearly full', { found: object(room(85, 100)) }, '85Ki of 100Ki used: nearly full'),
    met('not nearly full', { found: object(room(84.9, 100)) }, '84.9Ki of 100Ki used'),
    failed(
      'full',
      { found: object(room(95, 100)) },
      '95Ki of 100Ki used',
      'stops all writes at 95 %',
      'CephCluster storage/storage',
      'kubectl describe',
    ),
    pending('not told yet', { found: object(ceph('Ready', { ceph: {} })) }, 'it reports no capacity', 'CephCluster storage/storage'),
    pending('nothing told yet', { found: object(ceph('Ready')) }, 'it reports no capacity'),
  ]),
  table(storeIsNotStuck(ROOK), { stores: list(ceph('Ready')) }, '1 object store, none', [
    met('none at all', { stores: list() }, '0 object stores'),
    failed(
      'one hangs in deletion',
      { stores: list({ ...ceph('Deleting'), deletionTimestamp: '2026-11-20T00:00:00Z' }) },
      'CephObjectStore storage/storage: being deleted since 2026-11-20',
      'kubectl describe cephobjectstore -n storage storage',
    ),
    failed(
      'one failed',
      { stores: list({ ...ceph('Failure', { message: 'no pools' }), name: 'old' }) },
      'storage/old: phase Failure',
      'no pools',
    ),
    failed('no Rook', { stores: { of: 'list', served: false, items: [] } }, 'knows no CephObjectStore', 'environment.storage.rook to null'),
  ]),
  table(
    storeIsReady(ROOK),
    { store: object(ceph('Ready', { info: { endpoint: 'http://rgw:80' } })), gateways: list(gateway(1)) },
    'Ready at http://rgw:80',
    [
      failed('no store', { store: absent }, 'no CephObjectStore storage/storage', 'environment.storage.rook.objectStore'),
      pending('it comes up', { store: object(ceph('Progressing', { message: 'creating pools' })) }, 'phase Progressing', 'creating pools'),
      pending('no gateway', { gateways: list(gateway(1, 'other')) }, 'no gateway deployment', 'kubectl get deployment -n storage'),
      failed(
        'its gateway is scaled to nothing',
        { gateways: list(gateway(0, 'rook-ceph-rgw-storage-a', 0), gateway(1, 'rook-ceph-rgw-storage-b')) },
        'Deployment storage/rook-ceph-rgw-storage-a is scaled to 0',
        'no gateway serves CephObjectStore storage/storage',
        'kubectl scale deployment -n storage rook-ceph-rgw-storage-a --replicas=1',
      ),
      pending('its gateway is down', { gateways: list(gateway(0)) }, 'rook-ceph-rgw-storage-a not available'),
    ],
  ),
  table(secretIsComplete(STORAGE), { secret: secret(keys, { bucket: 'loki-logs' }) }, '5 keys, bucket loki-logs', [
    pending(
      'not there',
      { secret: { of: 'secret', keys: undefined, revealed: {} } },
      'Secret monitoring/loki-s3-credentials',
      'external-secret',
    ),
    failed(
      'a key is missing',
      { secret: secret(keys.slice(1)) },
      'keys are missing: endpoint',
      'it comes from (external-secret)',
      'kubectl',
    ),
    failed(
      'another bucket',
      { secret: secret(keys, { bucket: 'loki-a1b2' }) },
      'names the bucket loki-a1b2',
      'environment.storage.bucket.name',
    ),
  ]),
  table(bucketIsReachable(STORAGE.bucket), { head: s3(200) }, 'head bucket: 200', [
    failed('a stale secret', { head: refusal }, 'SignatureDoesNotMatch', 'renew Secret monitoring/loki-s3-credentials'),
    failed(
      'an unknown key',
      { head: s3(403, { code: 'InvalidAccessKeyId' }) },
      '403 InvalidAccessKeyId',
      'renew Secret monitoring/loki-s3-credentials',
    ),
    failed('no such bucket', { head: s3(404, { code: 'NoSuchBucket' }) }, '404 NoSuchBucket', 'environment.storage.bucket.name'),
    failed(
      'no such bucket, without a code',
      { head: s3(404) },
      'bucket loki-logs or the key is not there',
      'environment.storage.bucket.name',
    ),
    failed('a checksum that it does not take', { head: s3(501, { code: 'NotImplemented' }) }, '501 NotImplemented', 'kubectl get pods'),
    pending('no gateway pod', { head: s3(503) }, '503', 'no ready pod', 'kubectl get pods -n storage'),
    pending('it fails', { head: s3(500, { code: 'InternalError' }) }, '500 InternalError'),
  ]),
  table(wrongSecretIsRefused(STORAGE.bucket), { head: refusal }, '403', [
    failed('it is accepted', { head: s3(200) }, 'answered with 200', 'bucket loki-logs is public', 'close bucket loki-logs'),
    pending('nobody looked at it', { head: s3(503) }, 'with a wrong secret: 503'),
    failed('no bucket to refuse', { head: s3(404, { code: 'NoSuchBucket' }) }, 'NoSuchBucket', 'environment.storage.bucket.name'),
  ]),
  table(bucketTakesObjects(STORAGE.bucket), { object: s3(200, { body: 'mark' }), list: parts }, '4 bytes equal', [
    failed(
      'another body',
      { object: s3(200, { body: '4;chunk-signature=x' }) },
      'not what came back',
      'bucket loki-logs',
      'update the object store',
    ),
    failed('put, and gone', { object: s3(404, { code: 'NoSuchKey' }) }, 'get: 404 NoSuchKey', 'environment.storage.bucket.name'),
    failed('parts got lost', { list: s3(200, { objects: [] }) }, 'listed with no bytes', 'multipart', 'update the object store'),
    failed(
      'listing is forbidden',
      { list: s3(403, { code: 'AccessDenied', body: 'no' }) },
      'list: 403 AccessDenied',
      'renew Secret monitoring/loki-s3-credentials',
    ),
  ]),
  table(bucketHasRoom(STORAGE.bucket), { list: parts }, '1 objects, 6Mi', [
    met('empty', { list: s3(200, { objects: [] }) }, '0 objects, 0B'),
    pending('no gateway', { list: s3(503) }, 'list: 503'),
    failed('forbidden', { list: refusal }, 'SignatureDoesNotMatch', 'renew Secret monitoring/loki-s3-credentials'),
    unreadable('a size that is none', { list: s3(200, { objects: [{ key: 'k', size: Number.NaN, modified }] }) }, 'k has size NaN'),
  ]),
  table(
    costIsCounted(AIRFLOW, STORAGE.bucket, PROMETHEUS),
    { archive: parts, all: parts, size: vector(100 * 2 ** 30) },
    '6Mi of chunks and index and 6Mi of archive against 100Gi of the claim',
    [
      met('no history of the claim', { size: vector() }, 'in no history any more'),
      pending('no gateway', { all: s3(503) }, 'list: 503'),
      failed('no archive bucket', { archive: s3(404, { code: 'NoSuchBucket' }) }, 'NoSuchBucket', 'environment'),
    ],
    ['size'],
  ),
];
