import { describe, expect, test } from 'vitest';
import { resolveEnvironment } from '#goals/environment.ts';
import { loadGoals } from '#goals/load.ts';
import { goalsWith, readOwn, readReal, userErrorOf, whyNoRealFiles } from './support.ts';

const resolve = (environment: unknown, fields: Record<string, unknown> = {}) =>
  resolveEnvironment(loadGoals(goalsWith({ environment, ...fields }), 'goals.json'));
const metric = (retention: string) => ({ success_metrics: { functional: { retention } } });

test('nothing stated: every value has its default', () => {
  expect(resolve({})).toMatchSnapshot();
});

test('our own goals are the defaults', () => {
  const { environment, warnings } = resolveEnvironment(loadGoals(readOwn(), 'goals.json'));
  expect(environment).toEqual(resolve({}).environment);
  expect(warnings).toEqual([]);
});

test('what is stated counts', () => {
  const { environment } = resolve({
    gitops: { source: 'other/repo', kustomization: 'apps' },
    storage: { endpoint: 'https://s3.objects.svc.cluster.local/', bucket: { name: 'logs', from: 'existing' }, secret: { name: 'mine' } },
    loki: { namespace: 'logging', memory: { limit: '4Gi' }, caches: { chunks: 64 }, chart: { version: '18.12.0' } },
    alloy: { excludedNamespaces: ['noisy'], rateLimit: 10 },
    prometheus: { service: 'metrics/prometheus:9090' },
    gates: { soak: '36 hours', decommission: '2w' },
  });
  expect(environment.gitops.source).toMatchObject({ namespace: 'other', name: 'repo' });
  expect(environment.gitops.parent).toMatchObject({ namespace: 'flux-system', name: 'apps' });
  expect(environment.storage).toMatchObject({
    endpoint: 'https://s3.objects.svc.cluster.local',
    bucketFrom: 'existing',
    secretFrom: 'existing',
    bucket: {
      endpoint: { namespace: 'objects', name: 's3', port: 443 },
      name: 'logs',
      credentials: { namespace: 'logging', name: 'mine' },
    },
  });
  expect(environment.loki).toMatchObject({
    gateway: { namespace: 'logging', name: 'loki-gateway', port: 80 },
    memory: { request: '1Gi', limit: '4Gi' },
    caches: { chunks: 64, results: 256 },
    chart: { name: 'loki', version: '18.12.0', repository: 'https://grafana-community.github.io/helm-charts' },
  });
  expect(environment.alloy).toMatchObject({ excludedNamespaces: ['noisy'], rateLimit: 10 });
  expect(environment.prometheus).toEqual({
    service: { namespace: 'metrics', name: 'prometheus', port: 9090 },
    release: 'kube-prometheus-stack',
  });
  expect(environment.gates).toEqual({ soak: '36h', decommission: '14d' });
});

describe('null says that we do not have it', () => {
  test('Prometheus, Grafana, Airflow', () => {
    expect(resolve({ prometheus: null, grafana: null, airflow: null }).environment).toMatchObject({
      prometheus: null,
      grafana: null,
      airflow: null,
    });
  });

  test('External Secrets: the credentials come from the claim itself', () => {
    expect(resolve({ externalSecrets: null }).environment.storage).toMatchObject({
      secretFrom: 'object-bucket-claim',
      bucket: { credentials: { name: 'loki-bucket', user: 'AWS_ACCESS_KEY_ID', password: 'AWS_SECRET_ACCESS_KEY' } },
    });
  });

  test('Rook: bucket and Secret are there already', () => {
    const storage = { rook: null, endpoint: 'http://minio.minio.svc:9000' };
    expect(resolve({ storage }).environment.storage).toMatchObject({ rook: null, bucketFrom: 'existing', secretFrom: 'existing' });
  });
});

describe('an object store outside of the cluster has no Rook, and its bucket and Secret are there already', () => {
  const outside = (endpoint: string, rest = {}) => resolve({ storage: { endpoint, ...rest } }).environment;

  test.each([
    ['https://s3.eu-central-1.amazonaws.com', 'eu-central-1'],
    ['https://s3.dualstack.us-east-2.amazonaws.com', 'us-east-2'],
    ['https://s3-us-west-2.amazonaws.com', 'us-west-2'],
    ['https://s3-fips-us-gov-west-1.amazonaws.com', 'us-gov-west-1'],
    ['https://s3.cn-north-1.amazonaws.com.cn', 'cn-north-1'],
    ['https://s3.amazonaws.com', 'us-east-1'],
  ])('Amazon: %s is in %s, and takes the bucket in the host', (endpoint, region) => {
    const { storage, airflow } = outside(endpoint);
    const bucket = { endpoint, region, pathStyle: false };
    expect(storage).toMatchObject({ rook: null, endpoint, bucketFrom: 'existing', secretFrom: 'existing', bucket });
    expect(airflow?.archive).toMatchObject({ ...bucket, name: 'airflow-logs' });
  });

  test('Amazon: a bucket with a dot in its name would fit no certificate', () => {
    const storage = { endpoint: 'https://s3.eu-central-1.amazonaws.com', bucket: { name: 'logs.example.org' } };
    const { environment } = resolve({ storage });
    expect(environment.storage.bucket.pathStyle).toBe(true);
    expect(environment.airflow?.archive.pathStyle).toBe(false);
  });

  test.each(['https://s3.example.org/', 'http://10.0.0.5:9000', 'https://minio.lab'])('any other: %s in the path, as it is', (endpoint) => {
    const address = endpoint.replace(/\/$/, '');
    expect(outside(endpoint).storage.bucket).toMatchObject({ endpoint: address, region: 'us-east-1', pathStyle: true });
    expect(outside(endpoint, { region: 'lab' }).storage.bucket.region).toBe('lab');
  });

  test('Rook beside it stays when it is stated', () => {
    expect(outside('https://s3.example.org', { rook: {}, bucket: { from: 'existing' } }).storage.rook).not.toBeNull();
  });
});

describe('what contradicts is refused, with both pointers', () => {
  const thirty = metric('30-day minimum retention');
  const METRIC = '/success_metrics/functional/retention';
  const RETENTION = '/environment/loki/retention';
  const VALUE = '/environment/loki/values/loki/limits_config/retention_period';
  const values = { loki: { limits_config: { retention_period: '168h' } } };
  const cases: readonly [string, unknown, Record<string, unknown>, readonly string[]][] = [
    ['retention and metric', { loki: { retention: '7d' } }, thirty, [RETENTION, METRIC]],
    ['values and metric', { loki: { values } }, thirty, [VALUE, METRIC]],
    ['retention and values', { loki: { retention: '30d', values } }, {}, [RETENTION, VALUE]],
    ['an exact metric and more', { loki: { retention: '60d' } }, metric('30 days retention'), [RETENTION, METRIC]],
    [
      'a claim without Rook',
      { storage: { rook: null, endpoint: 'http://a.b.svc', bucket: { from: 'object-bucket-claim' } } },
      {},
      ['/bucket/from', '/rook'],
    ],
    [
      'a claim outside of the cluster',
      { storage: { endpoint: 'https://s3.example.org', bucket: { from: 'object-bucket-claim' } } },
      {},
      ['/bucket/from', '/environment/storage/endpoint'],
    ],
    [
      'another region than its address has',
      { storage: { endpoint: 'https://s3.eu-central-1.amazonaws.com', region: 'us-east-1' } },
      {},
      ['/environment/storage/region', '/environment/storage/endpoint'],
    ],
    ['no Rook and no endpoint', { storage: { rook: null } }, {}, ['/environment/storage/rook', '/environment/storage/endpoint']],
    [
      'External Secrets without it',
      { externalSecrets: null, storage: { secret: { from: 'external-secret' } } },
      {},
      ['/secret/from', '/externalSecrets'],
    ],
    [
      "a claim's Secret without a claim",
      { storage: { bucket: { from: 'existing' }, secret: { from: 'object-bucket-claim' } } },
      {},
      ['/secret/from', '/bucket/from'],
    ],
    [
      "another name for the claim's Secret",
      { storage: { secret: { name: 'x', from: 'object-bucket-claim' } } },
      {},
      ['/secret/name', '/secret/from'],
    ],
  ];
  test.each(cases)('%s', (_, environment, fields, pointers) => {
    const error = userErrorOf(() => resolve(environment, fields));
    for (const pointer of pointers) expect(error.message).toContain(pointer);
    expect(error.message).toMatch(/^goals\.json: /);
    expect(error.exit).toBe(2);
  });

  test('more than a minimum, the same in other units, or the same twice is no contradiction', () => {
    expect(resolve({ loki: { retention: '90d' } }, thirty).environment.loki.retention).toBe('90d');
    expect(
      resolve({ loki: { retention: '720h', values: { loki: { limits_config: { retention_period: '30d' } } } } }, thirty).environment.loki
        .retention,
    ).toBe('30d');
  });

  test('a period of nothing is refused', () => {
    expect(userErrorOf(() => resolve({ gates: { soak: '0d' } })).message).toContain('/environment/gates/soak is "0d"');
    expect(userErrorOf(() => resolve({ loki: { retention: '3 moons' } })).message).toContain('/environment/loki/retention is "3 moons"');
  });

  test.each(['http://minio:9000', 'http://localhost:9000', 'http://127.0.0.1:9000', 'http://minio.storage.svc.other'])(
    'an endpoint that pods could not reach is refused: %s',
    (endpoint) => {
      expect(userErrorOf(() => resolve({ storage: { endpoint } })).message).toContain('neither a service of the cluster nor');
    },
  );
});

describe('what the goals state elsewhere is taken from there', () => {
  test.each([
    ['30-day minimum retention', '30d'],
    ['keep logs for 4 weeks', '28d'],
    ['168h', '7d'],
    ['1d12h', '36h'],
    ['for ever', '30d'],
  ])('retention "%s" is %s', (text, retention) => {
    const { environment } = resolve({}, metric(text));
    expect(environment.loki.retention).toBe(retention);
    expect(environment.gates.decommission).toBe(retention);
  });

  test('targets from the words of success metrics', () => {
    const functional = {
      log_coverage: '95% of pods',
      query_performance: 'P95 < 800ms for 24h queries',
      availability: '99.95 % uptime',
      sources: 'at least 12 streams from 4 namespaces',
    };
    const { targets } = resolve(
      {},
      { success_metrics: { functional, operational: { storage_efficiency: '8:1 compression ratio' } } },
    ).environment;
    expect(targets).toEqual({ coverage: 0.95, p95: 0.8, availability: 0.9995, compression: 8, saving: 0.5, streams: 12, namespaces: 4 });
  });

  test('another deployment mode in free text is a warning', () => {
    const phases = [
      { id: 'phase-2', name: 'Loki Deployment', status: 'pending', description: 'Deploy Loki in Simple Scalable mode', objectives: [] },
    ];
    const { warnings } = resolve({}, { phases });
    expect(warnings).toEqual([{ pointer: '/phases/0/description', line: 7, message: expect.stringContaining('Monolithic') }]);
  });
});

test.skipIf(whyNoRealFiles !== undefined)('real goals resolve, with one warning about the mode', () => {
  const { environment, warnings } = resolveEnvironment(loadGoals(readReal('logging-mid-rollout.json'), 'mid'));
  expect(environment).toEqual(resolve({}).environment);
  expect(warnings).toHaveLength(1);
});
