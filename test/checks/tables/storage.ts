import { cephIsHealthy, storeIsNotStuck, storeIsReady } from '#checks/ceph.ts';
import { bucketIsReachable, bucketTakesObjects, claimIsBound, secretIsComplete, wrongSecretIsRefused } from '#checks/s3.ts';
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
const gateway = (availableReplicas: number, name = 'rook-ceph-rgw-storage-a') => ({
  name,
  spec: { replicas: 1, template: { spec: { containers: [] } } },
  status: { availableReplicas },
});
const secret = (keys: readonly string[], revealed: Record<string, string> = {}): Answer => ({ of: 'secret', keys, revealed });
const modified = NOW.toISOString();
const LARGE = 6 * 2 ** 20;
const parts = s3(200, { objects: [{ key: 'anton-logging/probe/large', size: LARGE, modified }] });
const storageClass = (provisioner: string) => object({ name: 'ceph-bucket', provisioner });
const keys = ['endpoint', 'bucket', 'region', 'access_key_id', 'secret_access_key'];
const refusal = s3(403, { code: 'SignatureDoesNotMatch' });

export default [
  table(cephIsHealthy(ROOK), { found: object(ceph('Ready', { ceph: { health: 'HEALTH_OK' } })) }, 'Ready, HEALTH_OK', [
    met('a warning serves', { found: object(ceph('Ready', { ceph: { health: 'HEALTH_WARN' } })) }, 'HEALTH_WARN'),
    pending(
      'an error',
      { found: object(ceph('Ready', { message: 'osd down', ceph: { health: 'HEALTH_ERR' } })) },
      'HEALTH_ERR',
      'osd down',
    ),
    pending('new', { found: object(ceph('Progressing')) }, 'no health reported', 'kubectl describe cephcluster -n storage storage'),
    failed('not there', { found: absent }, 'no CephCluster storage/storage', 'environment.storage.rook'),
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
      pending('its gateway is down', { gateways: list(gateway(0)) }, 'rook-ceph-rgw-storage-a not available'),
    ],
  ),
  table(
    claimIsBound('s3.claim-bound', 'monitoring', 'loki-bucket', STORAGE),
    { claim: object(ceph('Bound')), found: storageClass('storage.ceph.rook.io/bucket') },
    'Bound',
    [
      pending('not there yet', { claim: absent }, 'ObjectBucketClaim monitoring/loki-bucket is not there'),
      pending(
        'not bound yet',
        { claim: object(ceph('Pending')) },
        'phase Pending',
        'kubectl describe objectbucketclaim -n monitoring loki-bucket',
      ),
      failed(
        'a provisioner that no operator answers to',
        { claim: object(ceph('Pending')), found: storageClass('rook-ceph.ceph.rook.io/bucket') },
        'unsupported provisioner: rook-ceph.ceph.rook.io/bucket',
        'ObjectBucketClaim monitoring/loki-bucket waits for StorageClass ceph-bucket',
        'environment.storage.storageClass',
      ),
      failed(
        'no StorageClass',
        { claim: object(ceph('')), found: absent },
        'no StorageClass ceph-bucket',
        'environment.storage.storageClass',
      ),
    ],
    ['found'],
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
