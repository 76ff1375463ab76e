import { endpointSpeaksS3, serviceIsBacked } from '#checks/services.ts';
import { environmentWith } from '../../phases/environments.ts';
import { absent, failed, http, list, met, noEndpoints, object, pending, STORAGE, s3, table } from '../support.ts';

const service = (spec: Record<string, unknown> = {}) => object({ spec: { selector: { app: 'grafana' }, ports: [{ port: 80 }], ...spec } });
const workload = (
  name: string,
  replicas: number,
  status: Record<string, number>,
  labels: Record<string, string> = { app: 'grafana', more: 'x' },
) => ({
  name,
  spec: { replicas, template: { metadata: { labels }, spec: { containers: [] } } },
  status,
});
const other = workload('other', 1, { availableReplicas: 1, readyReplicas: 1 }, { app: 'other' });
const GRAFANA = { namespace: 'monitoring', name: 'grafana', port: 80 };
const { bucket: OUTSIDE } = environmentWith({ storage: { endpoint: 'https://s3.eu-central-1.amazonaws.com' } }).storage;
const listing = '<?xml version="1.0"?><ListAllMyBucketsResult xmlns="x"></ListAllMyBucketsResult>';

export default [
  table(
    serviceIsBacked('grafana.backed', GRAFANA, 'environment.grafana'),
    { found: service(), deployments: list(workload('grafana', 1, { availableReplicas: 1 }), other), sets: list(other) },
    '1 ready: grafana',
    [
      met('a StatefulSet', { deployments: list(), sets: list(workload('prometheus', 2, { readyReplicas: 2 })) }, '2 ready: prometheus'),
      met('made by hand', { found: service({ selector: undefined }), deployments: list() }, 'endpoints are made by hand'),
      failed(
        'no service',
        { found: absent },
        'no service monitoring/grafana',
        'environment.grafana.service',
        'set environment.grafana to null',
      ),
      failed(
        'another port',
        { found: service({ ports: [{ port: 3000 }, { port: 3001 }] }) },
        'has no port 80',
        'it has 3000, 3001',
        'environment.grafana.service',
      ),
      failed('no port', { found: service({ ports: undefined }) }, 'it has none'),
      failed(
        'scaled to nothing',
        { deployments: list(workload('grafana', 0, {}), other) },
        'Deployment monitoring/grafana is scaled to 0',
        'monitoring/grafana:80 has no endpoints',
        'kubectl scale deployment -n monitoring grafana --replicas=1',
      ),
      failed(
        'a StatefulSet scaled to nothing',
        { deployments: list(), sets: list(workload('grafana', 0, {})) },
        'StatefulSet monitoring/grafana',
        'kubectl scale statefulset',
      ),
      pending(
        'not ready',
        { deployments: list(workload('grafana', 1, { availableReplicas: 0 })) },
        'Deployment monitoring/grafana has no ready pod',
        'kubectl get pods -n monitoring -l app=grafana',
      ),
      pending('one of two is scaled to nothing', { deployments: list(workload('a', 0, {}), workload('b', 1, {})) }, 'has no ready pod'),
      pending('nobody has its labels', { deployments: list(other) }, 'no workload has its labels', 'it selects app=grafana'),
    ],
    ['sets'],
  ),
  table(endpointSpeaksS3(STORAGE.bucket, ['ceph.store-ready']), { answer: http(200, listing) }, 'with 200 for a stranger', [
    met('a stranger is refused', { answer: http(403, '<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>') }, '403'),
    pending(
      'no gateway',
      { answer: noEndpoints },
      'answers 503',
      'no endpoints available',
      'kubectl get pods -n storage',
      'rook-ceph-rgw-storage',
    ),
    pending('it fails', { answer: http(500, '<Error><Code>InternalError</Code></Error>') }, 'answers 500'),
    failed(
      'a web page',
      { answer: http(200, '<html>\n<body>') },
      "answers 200, and not in S3's XML",
      '<html>',
      'environment.storage.endpoint',
    ),
    failed('nothing', { answer: http(404) }, 'answers 404', 'without a text', 'kubectl get service -A'),
  ]),
  table(
    endpointSpeaksS3(OUTSIDE, []),
    { answer: s3(403, { code: 'AccessDenied' }) },
    'S3 answers, with 403 for a stranger',
    [
      met('a public bucket', { answer: s3(200, { objects: [] }) }, 'with 200'),
      met('a bucket that is still to be made', { answer: s3(404, { code: 'NoSuchBucket' }) }, 'with 404'),
      failed(
        'it knows the bucket in another region',
        { answer: s3(301, { code: 'PermanentRedirect', region: 'eu-west-1' }) },
        'list without a signature: 301 PermanentRedirect',
        'is in region eu-west-1',
        'environment.storage.region to eu-west-1',
      ),
      pending('it fails', { answer: s3(503, { code: 'SlowDown' }) }, '503 SlowDown', 'https://s3.eu-central-1.amazonaws.com'),
      failed(
        'a web page',
        { answer: s3(200, { body: '<html>' }) },
        "https://s3.eu-central-1.amazonaws.com answers 200, and not in S3's XML",
        '<html>',
        'environment.storage.endpoint',
      ),
      failed('nothing', { answer: s3(404) }, 'answers 404', 'without a text'),
    ],
    ['answer'],
  ),
];
