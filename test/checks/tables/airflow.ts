import { archiveIsComplete } from '#checks/airflow-archive.ts';
import { claimIsGone, claimIsKept, claimIsLarge, claimIsRecorded, nothingMounts, volumeIsRetained } from '#checks/airflow-claim.ts';
import { remoteLoggingRuns, taskLogsAreInLoki } from '#checks/airflow-logs.ts';
import type { Answer } from '#model/read.ts';
import {
  AIRFLOW,
  absent,
  failed,
  http,
  LOKI,
  lines,
  list,
  met,
  minutesAgo,
  NOW,
  noEndpoints,
  object,
  PROMETHEUS,
  pending,
  s3,
  table,
  unreadable,
  vector,
} from '../support.ts';

const claim = (name: string, storage: string | undefined = '100Gi', rest: Record<string, unknown> = {}) => ({
  name,
  namespace: 'airflow',
  spec: { resources: { requests: { storage } }, volumeName: 'pvc-1' },
  ...rest,
});
const file = (key: string, size: number) => ({ key: `archive/airflow-logs/${key}`, size, modified: NOW.toISOString() });
const archived = (...files: readonly ReturnType<typeof file>[]): Answer =>
  s3(200, { objects: [...files, file('INVENTORY.txt', 8), file('MANIFEST.json', 9)] });
const manifest = (body: unknown) => s3(200, { body: JSON.stringify(body) });
const pod = (claimName: string, phase = 'Running', name = 'airflow-scheduler-0') => ({
  name,
  namespace: 'airflow',
  spec: { containers: [{ name: 'scheduler' }], volumes: [{ persistentVolumeClaim: { claimName } }] },
  status: { phase },
});
const volume = (name: string, persistentVolumeReclaimPolicy: string | undefined) =>
  list({ name, namespace: undefined, spec: { persistentVolumeReclaimPolicy } });
const job = (...conditions: readonly Record<string, string>[]) =>
  object({ name: 'airflow-log-archive', namespace: 'airflow', status: { conditions } });

const cfg = (remote_logging = 'True', folder = 's3://airflow-logs/remote') =>
  object({
    name: 'airflow-config',
    namespace: 'airflow',
    data: {
      'airflow.cfg': `[logging]\nremote_logging = ${remote_logging}\nremote_base_log_folder = ${folder}\nremote_log_conn_id = airflow_logs\n`,
    },
  });
const withEnv = (name: string, value?: string) =>
  list({ name: 'airflow-webserver-0', namespace: 'airflow', spec: { containers: [{ name: 'web', env: [{ name, value }] }] } });
/** A task's log, whose lines are named by the task. */
const taskLog = (task: string, minutes: number, body = `${task} begins\n${task} works\n${task} ends\n`) => ({
  key: `remote/dag_id=etl/task_id=${task}/attempt=1.log`,
  size: body.length,
  modified: minutesAgo(minutes),
  body,
});
const remote = (...objects: readonly ReturnType<typeof taskLog>[]) => s3(200, { objects });
/** Lines that came to Loki, of the last twenty minutes. */
const inLoki = (...texts: readonly string[]) => ({
  ...lines([]),
  body: JSON.stringify({
    data: {
      resultType: 'streams',
      result: [{ stream: {}, values: ['old', ...texts, 'new'].map((text, index) => [`${stamp(index === 0 ? 20 : 0)}`, text]) }],
    },
  }),
});
const stamp = (minutes: number) => BigInt(Date.parse(minutesAgo(minutes))) * 1_000_000n;

export default [
  table(
    claimIsLarge(AIRFLOW, PROMETHEUS, '80Gi'),
    { claim: object(claim('airflow-logs')), used: vector(83 * 2 ** 30) },
    '83Gi used of 100Gi: 3Gi above the threshold of 80Gi',
    [
      pending(
        'its size is not its use',
        { used: vector(20 * 2 ** 30) },
        '20Gi used of 100Gi: 60Gi below the threshold of 80Gi',
        'the threshold is 80Gi',
      ),
      pending('more than is more than', { used: vector(80 * 2 ** 30) }, '0B below'),
      met(
        'no history: the size, and it says so',
        { used: vector() },
        "100Gi, the claim's size: nobody has a history of its use: 20Gi above",
      ),
      pending('small, without history', { claim: object(claim('x', '50Gi')), used: noEndpoints }, "50Gi, the claim's size", '30Gi below'),
      pending('not there', { claim: absent }, 'claim airflow/airflow-logs is not there'),
      unreadable('a size that is none', { claim: object(claim('x', 'plenty')) }, 'no quantity'),
    ],
    ['used'],
  ),
  table(
    claimIsRecorded(AIRFLOW, PROMETHEUS),
    { claim: object(claim('airflow-logs')), used: vector(83 * 2 ** 30) },
    '83Gi used of 100Gi, volume pvc-1',
    [
      met('no history', { used: vector() }, "100Gi, the claim's size: nobody has a history of its use, volume pvc-1"),
      met('not bound', { claim: object(claim('x', '1Gi', { spec: { resources: { requests: { storage: '1Gi' } } } })) }, 'volume not bound'),
      met('not there', { claim: absent }, 'there is no claim airflow/airflow-logs'),
      unreadable('a size that is none', { claim: object(claim('x', 'plenty')) }, 'no quantity'),
    ],
    ['used', 'claim'],
  ),
  table(
    remoteLoggingRuns(AIRFLOW),
    { config: cfg(), pods: list(pod('airflow-logs')), remote: remote(taskLog('load', 30), taskLog('extract', 40)) },
    `remote/dag_id=etl/task_id=load/attempt=1.log of ${minutesAgo(30)}`,
    [
      met('its environment says the same', { pods: withEnv('AIRFLOW__LOGGING__REMOTE_LOGGING', 'true') }, 'load'),
      met('the newest counts', { remote: remote(taskLog('old', 5000), taskLog('load', 30)) }, 'load'),
      met('a day ago', { remote: remote(taskLog('load', 24 * 60)) }, 'load'),
      met('a variable from elsewhere', { pods: withEnv('AIRFLOW__LOGGING__REMOTE_LOGGING') }, 'load'),
      failed(
        'the environment switches it off',
        { pods: withEnv('AIRFLOW__LOGGING__REMOTE_LOGGING', 'False') },
        'container web of Pod airflow/airflow-webserver-0 has AIRFLOW__LOGGING__REMOTE_LOGGING=False',
        'ConfigMap airflow/airflow-config',
        'helmrelease.yaml',
      ),
      failed(
        'the environment names another bucket',
        { pods: withEnv('AIRFLOW__LOGGING__REMOTE_BASE_LOG_FOLDER', 's3://other') },
        'REMOTE_BASE_LOG_FOLDER=s3://other',
        'goes before airflow.cfg',
      ),
      pending(
        'not rolled out yet',
        { config: cfg('False') },
        'airflow.cfg of ConfigMap airflow/airflow-config has another remote_logging',
        'remote_logging is False, wanted is True',
        'kubectl describe helmrelease -n airflow airflow',
      ),
      pending(
        'another folder',
        { config: cfg('True', 's3://x/y') },
        'remote_base_log_folder is s3://x/y, wanted is s3://airflow-logs/remote',
      ),
      pending('no configuration', { config: absent }, 'has another remote_logging and remote_base_log_folder', 'not set'),
      pending(
        'no task ended',
        { remote: remote() },
        'no task log is in s3://airflow-logs/remote yet',
        'no connection airflow_logs',
        'connections get',
      ),
      pending('none since yesterday', { remote: remote(taskLog('load', 24 * 60 + 1)) }, `is of ${minutesAgo(24 * 60 + 1)}`),
      pending('no gateway', { remote: s3(503) }, 'list: 503'),
      failed('no bucket', { remote: s3(404, { code: 'NoSuchBucket' }) }, 'NoSuchBucket', 'environment'),
    ],
    ['pods'],
  ),
  table(
    taskLogsAreInLoki(AIRFLOW, LOKI),
    {
      remote: remote(taskLog('load', 10), taskLog('extract', 12)),
      found: inLoki('load begins', 'load ends', ' extract begins ', '\u001b[34mextract ends\u001b[0m'),
    },
    'first and last line of 2 finished task instances, the newest remote/dag_id=etl/task_id=load/attempt=1.log',
    [
      met('one that ended with the newest line', { remote: remote(taskLog('load', 0)) }, '1 finished'),
      met('one that ended with the oldest line', { remote: remote(taskLog('load', 20)) }, '1 finished'),
      met('one of a single line', { remote: remote(taskLog('x', 5, 'load begins\n')) }, '1 finished task instances'),
      met('one that ended after the newest line is left out', { remote: remote(taskLog('load', 5), taskLog('late', -1)) }, '1 finished'),
      met('one from before the oldest line is left out', { remote: remote(taskLog('load', 5), taskLog('early', 21)) }, '1 finished'),
      met('an empty one is left out', { remote: remote(taskLog('load', 5), taskLog('empty', 6, '\n')) }, '1 finished'),
      met(
        'the newest five',
        {
          remote: remote(...[1, 2, 3, 4, 5].map((minute) => taskLog('load', minute)), taskLog('other', 6)),
        },
        '5 finished',
      ),
      pending(
        'its last line is missing',
        { found: inLoki('load begins', 'extract begins', 'extract ends') },
        '1 of 4 lines are not in Loki',
        'the last line of remote/dag_id=etl/task_id=load/attempt=1.log',
        'pods in airflow log to files only',
        'kubectl logs -n airflow -l release=airflow',
      ),
      pending(
        'its first line is missing',
        { found: inLoki('load ends', 'extract begins', 'extract ends') },
        'the first line of remote/dag_id=etl/task_id=load',
      ),
      pending('files only', { found: lines([]) }, 'monitoring/loki:3100 has no line of airflow', 'files only', 'Celery'),
      pending(
        'none between the lines',
        { remote: remote(taskLog('early', 30)) },
        'no task log of s3://airflow-logs/remote falls between',
        minutesAgo(20),
        'let one DAG run',
      ),
      pending('none at all', { remote: remote() }, 'no task log'),
      pending('no gateway', { remote: s3(503) }, 'list: 503'),
      failed('no bucket', { remote: s3(404, { code: 'NoSuchBucket' }) }, 'NoSuchBucket', 'environment'),
      pending('Loki is not there', { found: noEndpoints }, '503'),
      failed('refused', { found: http(400, 'parse error') }, '400', 'does not take'),
      unreadable('not JSON', { found: http(200, 'x') }, 'not JSON'),
    ],
  ),
  table(
    archiveIsComplete(AIRFLOW),
    {
      claim: object(claim('airflow-logs')),
      job: absent,
      manifest: manifest({ files: 2, bytes: 30, claimBytes: 100 * 2 ** 30 }),
      inventory: s3(200, { body: '10 dag_id=a/1.log\n20 b 2.log\n' }),
      list: archived(file('dag_id=a/1.log', 10), file('b 2.log', 20)),
    },
    '2 files, 30B',
    [
      met('the claim is gone by now', { claim: absent }, '2 files'),
      met(
        'what an earlier try left does no harm',
        { list: archived(file('dag_id=a/1.log', 10), file('b 2.log', 20), file('c', 1)) },
        '2 files, 30B',
      ),
      met('an empty claim', { manifest: manifest({ files: 0, bytes: 0 }), inventory: s3(200) }, '0 files, 0B'),
      pending('not yet', { manifest: s3(404, { code: 'NoSuchKey' }) }, 'no archive yet', 'kubectl logs -n airflow job/airflow-log-archive'),
      pending('its job runs', { manifest: s3(404), job: job({ type: 'Failed', status: 'False' }) }, 'no archive yet'),
      failed(
        'its job failed',
        {
          manifest: s3(404),
          job: job(
            { type: 'Complete', status: 'False' },
            { type: 'Failed', status: 'True', reason: 'BackoffLimitExceeded', message: 'has reached the limit' },
          ),
        },
        'Job airflow/airflow-log-archive failed: BackoffLimitExceeded',
        'has reached the limit',
        'kubectl delete job -n airflow airflow-log-archive',
      ),
      failed(
        'nothing to archive',
        { claim: absent, manifest: s3(404) },
        'neither claim airflow/airflow-logs nor an archive',
        'environment.airflow.claim',
      ),
      pending(
        'a list of before the manifest',
        { list: s3(200, { objects: [file('dag_id=a/1.log', 10)] }) },
        'while it was looked at',
        'its list is older',
      ),
      pending('an empty list', { list: s3(200) }, 'while it was looked at'),
      failed(
        'a file vanished from the archive',
        { list: archived(file('dag_id=a/1.log', 10)) },
        '1 of 2 files of claim airflow/airflow-logs are not in the archive as they were',
        'archive/airflow-logs/b 2.log is missing',
        'delete archive/airflow-logs/MANIFEST.json in bucket airflow-logs',
        'kubectl delete job -n airflow airflow-log-archive',
      ),
      failed(
        'a file is short',
        { list: archived(file('dag_id=a/1.log', 10), file('b 2.log', 19)) },
        'archive/airflow-logs/b 2.log has 19 bytes, and had 20 on the claim',
        'MANIFEST.json',
      ),
      failed(
        'a file is larger: something was put into it',
        { list: archived(file('dag_id=a/1.log', 11), file('b 2.log', 20)) },
        '1.log has 11 bytes',
      ),
      failed(
        'many are missing',
        {
          manifest: manifest({ files: 7, bytes: 7 }),
          inventory: s3(200, { body: Array.from({ length: 7 }, (_, index) => `1 f${index}\n`).join('') }),
          list: archived(),
        },
        '7 of 7 files',
        'f4 is missing',
        'and 2 more',
      ),
      failed(
        'the inventory is gone',
        { inventory: s3(404), list: s3(200, { objects: [file('MANIFEST.json', 9)] }) },
        'archive/airflow-logs/INVENTORY.txt is not in the bucket',
        'nobody can tell',
      ),
      pending('the inventory was asked for before it was there', { inventory: s3(404) }, 'its INVENTORY.txt is older than its manifest'),
      failed(
        'the inventory is of fewer files',
        { inventory: s3(200, { body: '30 dag_id=a/1.log\n' }) },
        'names 1 files, 30B',
        'MANIFEST.json beside it says 2 files, 30B',
      ),
      failed(
        'the inventory is of other bytes',
        { inventory: s3(200, { body: '10 dag_id=a/1.log\n21 b 2.log\n' }) },
        'names 2 files, 31B',
        'says 2 files, 30B',
      ),
      pending('no gateway', { list: s3(503) }, 'list: 503'),
      unreadable('on any doubt nobody archives again', { manifest: s3(503) }, 'MANIFEST.json: 503'),
      unreadable('forbidden is not missing', { manifest: s3(403, { code: 'AccessDenied' }) }, '403 AccessDenied'),
      unreadable('half a manifest', { manifest: manifest({ files: 2 }) }, 'bytes'),
      unreadable('an inventory that is none', { inventory: s3(200, { body: '<html>' }) }, 'INVENTORY.txt: not a size and a path: <html>'),
      unreadable('no inventory can be had', { inventory: s3(500) }, 'INVENTORY.txt: 500'),
    ],
    ['claim', 'job'],
  ),
  table(
    volumeIsRetained(AIRFLOW),
    { claim: object(claim('airflow-logs')), volumes: volume('pvc-1', 'Retain') },
    'PersistentVolume pvc-1: Retain',
    [
      met('it is gone by now', { claim: absent }, 'the claim is gone'),
      failed(
        'it would go with its claim',
        { volumes: volume('pvc-1', 'Delete') },
        'PersistentVolume pvc-1 has the reclaim policy Delete',
        'claim airflow/airflow-logs',
        `kubectl patch pv pvc-1 -p '{"spec":{"persistentVolumeReclaimPolicy":"Retain"}}'`,
      ),
      pending(
        'another volume is no proof',
        { volumes: volume('pvc-2', 'Retain') },
        "can't be found",
        'there is no PersistentVolume pvc-1',
        'kubectl describe pvc',
      ),
      pending(
        'not bound',
        { claim: object({ ...claim('airflow-logs'), spec: { resources: {} } }) },
        "can't be found",
        'the claim is not bound',
      ),
      unreadable('no policy is no Retain', { volumes: volume('pvc-1', undefined) }, 'persistentVolumeReclaimPolicy'),
    ],
    ['claim'],
  ),
  table(
    nothingMounts(AIRFLOW),
    { pods: list(pod('other'), pod('airflow-logs', 'Succeeded'), pod('airflow-logs', 'Failed')) },
    'none',
    [
      pending(
        'the scheduler does',
        { pods: list(pod('airflow-logs')) },
        'airflow-scheduler-0 mounts it',
        'Pod airflow/airflow-scheduler-0 has claim airflow-logs',
        'kubectl describe pod -n airflow airflow-scheduler-0',
      ),
      pending(
        'two do, one of which has not begun',
        { pods: list(pod('airflow-logs'), pod('airflow-logs', 'Pending', 'new')) },
        'airflow-scheduler-0, new mount it',
      ),
    ],
    ['pods'],
  ),
  table(claimIsKept(AIRFLOW), { claim: object(claim('airflow-logs')) }, 'it is there', [
    failed(
      'removed',
      { claim: absent },
      'claim airflow/airflow-logs is not there any more',
      'last step of the migration',
      'kubectl get pv',
    ),
    failed(
      'on its way out',
      { claim: object(claim('airflow-logs', '100Gi', { deletionTimestamp: minutesAgo(1) })) },
      'claim airflow/airflow-logs is being deleted',
    ),
  ]),
  table(
    claimIsGone(AIRFLOW),
    { claims: list(claim('postgres')), pods: list(pod('postgres')) },
    'none',
    [
      pending(
        'still there',
        { claims: list(claim('airflow-logs')) },
        'claim airflow/airflow-logs is left',
        'last step of the migration',
        'kubectl get pvc -n airflow airflow-logs',
      ),
      pending(
        'a pod holds it up',
        { claims: list(claim('airflow-logs', '100Gi', { deletionTimestamp: minutesAgo(1) })), pods: list(pod('airflow-logs')) },
        'claim airflow/airflow-logs is being deleted',
        'until no pod mounts it',
        'Pod airflow/airflow-scheduler-0 does',
        'kubectl describe pvc',
      ),
      pending(
        'the other one goes, too',
        { claims: list(claim('logs-airflow-triggerer-0', '100Gi', { deletionTimestamp: minutesAgo(1) })) },
        'logs-airflow-triggerer-0 is being deleted',
      ),
      failed(
        "the chart's default is back",
        { claims: list(claim('logs-airflow-triggerer-0')), pods: list(pod('logs-airflow-triggerer-0', 'Running', 'airflow-triggerer-0')) },
        'claim airflow/logs-airflow-triggerer-0 of 100Gi is left',
        'Pod airflow/airflow-triggerer-0 mounts it',
        "triggerer.persistence.enabled is not false in the values: the chart's default brings a claim of 100Gi back",
        'kubectl delete pvc -n airflow logs-airflow-triggerer-0',
      ),
      failed(
        'one was left behind by a worker',
        { claims: list(claim('airflow-logs'), claim('logs-airflow-worker-0')) },
        'claim airflow/logs-airflow-worker-0 of 100Gi is left',
        'no pod mounts it',
        'workers.persistence',
        'kubectl delete pvc -n airflow logs-airflow-worker-0',
      ),
      failed(
        "the chart's own claim, of unknown size",
        { claims: list({ ...claim('airflow-logs'), name: 'airflow-logs' }, { ...claim('logs-x'), spec: { resources: {} } }) },
        'claim airflow/logs-x of unknown size is left',
        'here of logs.persistence',
      ),
    ],
    ['claims', 'pods'],
  ),
];
