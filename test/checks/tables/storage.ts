import { cephHasRoom, cephIsHealthy, storeIsNotStuck, storeIsReady } from '#checks/ceph.ts';
import { bucketIsReachable, bucketTakesObjects, secretIsComplete, wrongSecretIsRefused } from '#checks/s3.ts';
import { costIsCounted } from '#checks/storage-cost.ts';
import { bucketHasRoom } from '#checks/storage-use.ts';
import type { Answer } from '#model/read.ts';
import { environmentWith } from '../../phases/environments.ts';
import {
  AIRFLOW,
  absent,
  ENVIRONMENT,
  failed,
  http,
  list,
  met,
  minutesAgo,
  NOW,
  object,
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

const { storage: AMAZON } = environmentWith({ storage: { endpoint: 'https://s3.eu-central-1.amazonaws.com' } });
const { storage: OUTSIDE } = environmentWith({ storage: { endpoint: 'https://s3.example.org:9000' } });

const GI = 2 ** 30;
const aged = (days: number, size: number) => ({ key: `fake/${days}`, size, modified: minutesAgo(days * 24 * 60) });
const free = (bytesAvailable: number) => object({ name: 'storage', status: { ceph: { capacity: { bytesAvailable } } } });
const pool = (size: number) => ({ name: `pool-${size}`, spec: { replicated: { size } } });
/** What the claim of Airflow cost and what took its place. */
export const COST = {
  manifest: s3(200, { body: JSON.stringify({ files: 1, bytes: 1, claimBytes: 100 * GI }) }),
  archive: s3(200, { objects: [aged(1, 6 * 2 ** 20)] }),
  chunks: s3(200, { objects: [aged(1, 6 * 2 ** 20)] }),
  claims: list(
    { name: 'storage-loki-0', spec: { resources: { requests: { storage: '20Gi' } } } },
    { name: 'grafana', spec: { resources: { requests: { storage: '7Gi' } } } },
  ),
  pools: list(pool(2)),
  store: object({ name: 'storage', spec: { dataPool: { replicated: { size: 3 } } } }),
};

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
  table(secretIsComplete(AMAZON), { secret: secret(keys, { region: 'eu-central-1' }) }, '5 keys, bucket loki-logs', [
    met('it names no region', { secret: secret(keys) }, '5 keys'),
    failed(
      'another region',
      { secret: secret(keys, { region: 'eu-west-1' }) },
      'names the region eu-west-1',
      'Loki is told eu-central-1',
      'environment.storage.region',
    ),
  ]),
  table(bucketIsReachable(AMAZON.bucket, 's3.outside-reachable'), { head: s3(200) }, 'head bucket: 200', [
    failed(
      'signed for another region',
      { head: s3(400, { code: 'AuthorizationQueryParametersError', body: 'the region is wrong', region: 'eu-west-1' }) },
      '400 AuthorizationQueryParametersError',
      'the region is wrong',
      'is in region eu-west-1, and was asked for in eu-central-1 at https://s3.eu-central-1.amazonaws.com',
      'environment.storage.region to eu-west-1',
      'environment.storage.endpoint to https://s3.eu-west-1.amazonaws.com',
    ),
    failed(
      'asked for at another address, which says no more',
      { head: s3(301, { code: 'PermanentRedirect' }) },
      '301 PermanentRedirect',
      'is in another region',
      "environment.storage.region to the bucket's own",
    ),
    pending('brand-new', { head: s3(307, { code: 'TemporaryRedirect' }) }, '307 TemporaryRedirect', 'so new', 'https://s3.eu-central-1'),
    failed(
      'malformed in another way',
      { head: s3(400, { code: 'AuthorizationHeaderMalformed', region: 'eu-central-1' }) },
      'does not say why',
    ),
    failed(
      'a user who may not',
      { head: s3(403, { code: 'AccessDenied', region: 'eu-central-1' }) },
      '403 AccessDenied',
      'Secret monitoring/loki-s3-credentials are refused',
      's3:ListBucket, s3:GetObject, s3:PutObject, s3:DeleteObject',
    ),
    failed(
      'old keys',
      { head: s3(403, { code: 'InvalidAccessKeyId' }) },
      '403 InvalidAccessKeyId',
      'renew Secret monitoring/loki-s3-credentials with keys that https://s3.eu-central-1.amazonaws.com knows',
    ),
    failed('a clock that is wrong', { head: s3(403, { code: 'RequestTimeTooSkewed' }) }, 'RequestTimeTooSkewed', 'NTP'),
    failed('no such bucket', { head: s3(404, { code: 'NoSuchBucket' }) }, '404 NoSuchBucket', 'environment.storage.bucket.name'),
    pending('too much at once', { head: s3(503, { code: 'SlowDown' }) }, '503 SlowDown', 'the object store failed', 'ask whoever runs'),
  ]),
  table(bucketIsReachable(OUTSIDE.bucket, 's3.elsewhere-reachable'), { head: s3(200) }, 'head bucket: 200', [
    failed(
      'in another region',
      { head: s3(400, { code: 'AuthorizationHeaderMalformed', region: 'lab' }) },
      'is in region lab, and was asked for in us-east-1 at https://s3.example.org:9000',
      'environment.storage.region to lab and environment.storage.endpoint to its address',
    ),
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
  table(
    bucketHasRoom(ENVIRONMENT),
    { list: s3(200, { objects: [aged(8, 700), aged(2, 7 * GI)] }), cluster: free(3 * 365 * GI), used: vector(GI), size: vector(20 * GI) },
    `2 objects, 7Gi, 1Gi a day over 7.0 days; room for 365 days; Loki's own claim is 5 % full`,
    [
      met('less than a week', { list: s3(200, { objects: [aged(2, 4 * GI)] }) }, '2Gi a day over 2.0 days; room for 182 days'),
      met('less than a day counts as one', { list: s3(200, { objects: [aged(0.5, GI)] }) }, '1Gi a day over 1.0 days'),
      met(
        'it grows no more',
        { list: s3(200, { objects: [aged(8, GI)] }) },
        '0B a day over 7.0 days; for how long there is room in the object store is not known',
      ),
      met('a week ago to the second', { list: s3(200, { objects: [aged(7, 7 * GI)] }) }, '1Gi a day'),
      met('for ever', { list: s3(200, { objects: [aged(1, 1)] }) }, 'room for more than 10 years'),
      met('a Ceph that does not say', { cluster: object({ name: 'storage', status: { phase: 'Ready' } }) }, 'is not known'),
      met('no Ceph', { cluster: absent }, 'is not known'),
      met('no history of the claim', { used: vector() }, "the use of Loki's own claim is in no history"),
      met('of no size', { size: vector(0) }, 'in no history'),
      met('thirty days', { cluster: free(3 * 30 * GI) }, 'room for 30 days'),
      failed(
        'less',
        { cluster: free(3 * 30 * GI - 3) },
        'room for 29 days',
        '90Gi are free in CephCluster storage/storage, with 3 copies',
        'environment.loki.retention',
      ),
      met('four fifths', { used: vector(16 * GI) }, '80 % full'),
      failed(
        'more',
        { used: vector(17 * GI) },
        "Loki's own claim is 85 % full",
        'write-ahead log of monitoring/loki',
        'environment.loki.persistence.size',
      ),
      pending('Prometheus down', { used: http(503, 'no') }, 'query at monitoring/kube-prometheus-stack-prometheus:9090 answers 503', 'no'),
      failed(
        'Prometheus behind a login',
        { size: http(403, 'no') },
        'query at monitoring/kube-prometheus-stack-prometheus:9090 answers 403',
        'no',
      ),
      pending('empty', { list: s3(200, { objects: [] }) }, 'bucket loki-logs is empty', 'flushed nothing yet'),
      pending('no list', { list: s3(200) }, 'is empty'),
      pending('no gateway', { list: s3(503) }, 'list: 503'),
      failed('forbidden', { list: refusal }, 'SignatureDoesNotMatch', 'renew Secret monitoring/loki-s3-credentials'),
      unreadable('a size that is none', { list: s3(200, { objects: [{ key: 'k', size: Number.NaN, modified }] }) }, 'k has size NaN'),
    ],
    ['cluster'],
  ),
  table(
    costIsCounted(AIRFLOW, ENVIRONMENT),
    { ...COST, size: vector() },
    "12Mi of chunks, index, archive and task logs and 20Gi of Loki's own claim against 100Gi of the claim; on disk 3 bytes for one of an object, 2 for one of a claim",
    [
      met(
        'its archive is older than this program: the history says it',
        { manifest: s3(200, { body: '{"files":1,"bytes":1}' }), size: vector(50 * GI) },
        'against 50Gi',
      ),
      met(
        'erasure coded',
        { store: object({ name: 'storage', spec: { dataPool: { erasureCoded: { dataChunks: 2, codingChunks: 1 } } } }) },
        'on disk 1.5 bytes for one of an object',
      ),
      met('pools of different sizes', { pools: list(pool(2), pool(3)) }, "each counted once: how many copies are kept can't be told"),
      met('no pools', { pools: { of: 'list', served: false, items: [] } }, 'each counted once'),
      met('no data pool', { store: object({ name: 'storage', spec: {} }) }, 'each counted once'),
      met('a pool that does not say', { pools: list({ name: 'p', spec: {} }) }, 'each counted once'),
      pending(
        'nobody knows',
        { manifest: s3(404) },
        "size of claim airflow/airflow-logs can't be told",
        'neither its archive nor Prometheus',
        'kubectl get pv | grep airflow/airflow-logs',
      ),
      pending('no gateway', { chunks: s3(503) }, 'list: 503'),
      failed('no archive bucket', { archive: s3(404, { code: 'NoSuchBucket' }) }, 'NoSuchBucket', 'environment'),
      unreadable('an archive that can not be read', { manifest: s3(500) }, 'MANIFEST.json: 500'),
    ],
    ['size', 'store', 'pools', 'claims'],
  ),
];
