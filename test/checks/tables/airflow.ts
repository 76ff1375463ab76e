import { archiveIsComplete, claimIsGone, claimIsLarge, nothingMounts, taskLogsAreInLoki } from '#checks/airflow.ts';
import { agentFits, modeFits, storeFits } from '#checks/strategy.ts';
import {
  AIRFLOW,
  absent,
  ENVIRONMENT,
  failed,
  http,
  LOKI,
  lines,
  list,
  met,
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

const claim = (name: string, storage = '100Gi') => ({ name, namespace: 'airflow', spec: { resources: { requests: { storage } } } });
const ended = (task: string) =>
  `[2026-11-22] {taskinstance.py} INFO - Marking task as SUCCESS. dag_id=etl, task_id=${task}, run_id=r, try_number=1`;
const file = (key: string, size: number) => ({ key: `archive/airflow-logs/${key}`, size, modified: NOW.toISOString() });
const manifest = (body: unknown) => s3(200, { body: JSON.stringify(body) });
const pod = (claimName: string, phase = 'Running') => ({
  name: 'airflow-scheduler-0',
  spec: { containers: [], volumes: [{ persistentVolumeClaim: { claimName } }] },
  status: { phase },
});

export default [
  table(
    claimIsLarge(AIRFLOW, PROMETHEUS, '80Gi'),
    { claim: object(claim('airflow-logs')), used: vector(83 * 2 ** 30) },
    '83Gi used of 100Gi',
    [
      pending('its size is not its use', { used: vector(20 * 2 ** 30) }, '20Gi used of 100Gi', 'the threshold is 80Gi'),
      met('no history: the size, and it says so', { used: vector() }, "100Gi, the claim's size: its use can't be told"),
      pending('small, without history', { claim: object(claim('x', '50Gi')), used: noEndpoints }, '50Gi'),
      pending('not there', { claim: absent }, 'the claim is not there'),
    ],
    ['used'],
  ),
  table(
    taskLogsAreInLoki(AIRFLOW, LOKI),
    { found: lines([ended('load'), ended('load'), ended('extract')]) },
    '3 finished task instances of 2 tasks',
    [
      met('a task that says nothing of itself', { found: lines(['Marking task as FAILED']) }, 'of 1 tasks'),
      pending('files only', { found: lines([]) }, 'no finished task instance', 'airflow log to files only', 'Celery'),
      pending('not there', { found: noEndpoints }, '503'),
      failed('refused', { found: http(400, 'parse error') }, '400', 'does not take'),
    ],
  ),
  table(
    archiveIsComplete(AIRFLOW),
    { manifest: manifest({ files: 2, bytes: 30 }), list: s3(200, { objects: [file('a', 10), file('b', 20), file('MANIFEST.json', 9)] }) },
    '2 files, 30B',
    [
      pending('not yet', { manifest: s3(404, { code: 'NoSuchKey' }) }, 'no archive yet', 'kubectl logs -n airflow job/airflow-log-archive'),
      pending('a list of before the manifest', { list: s3(200) }, 'while it was looked at', 'its list is older'),
      failed(
        'a file is missing',
        { list: s3(200, { objects: [file('a', 10), file('MANIFEST.json', 9)] }) },
        '1 files, 10B',
        'had 2 files, 30B',
        'kubectl delete job',
      ),
      failed(
        'a file is short',
        { list: s3(200, { objects: [file('a', 10), file('b', 19), file('MANIFEST.json', 9)] }) },
        '29B',
        'claim airflow/airflow-logs had',
        'MANIFEST.json',
      ),
      pending('no gateway', { list: s3(503) }, 'list: 503'),
      unreadable('on any doubt nobody archives again', { manifest: s3(503) }, 'MANIFEST.json: 503'),
      unreadable('forbidden is not missing', { manifest: s3(403, { code: 'AccessDenied' }) }, '403 AccessDenied'),
      unreadable('half a manifest', { manifest: manifest({ files: 2 }) }, 'bytes'),
    ],
  ),
  table(
    nothingMounts(AIRFLOW),
    { pods: list(pod('other'), pod('airflow-logs', 'Succeeded')) },
    'none',
    [pending('the scheduler does', { pods: list(pod('airflow-logs')) }, '1 do', 'airflow-scheduler-0', 'kubectl get pods -n airflow')],
    ['pods'],
  ),
  table(
    claimIsGone(AIRFLOW),
    { claims: list(claim('postgres')) },
    'none',
    [
      pending('still there', { claims: list(claim('airflow-logs')) }, 'airflow-logs is left', 'kubectl get pvc -n airflow'),
      pending(
        "the chart's default is back",
        { claims: list(claim('logs-airflow-triggerer-0')) },
        'logs-airflow-triggerer-0 is left',
        'triggerer',
      ),
    ],
    ['claims'],
  ),
  table(modeFits(ENVIRONMENT), {}, 'Monolithic of chart 18.11.0', []),
  table(storeFits(ENVIRONMENT), {}, 'S3 at http://rook-ceph-rgw-storage.storage.svc:80', []),
  table(agentFits(ENVIRONMENT), {}, 'Alloy, chart 1.11.1', []),
];
