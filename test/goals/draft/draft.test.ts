import { describe, expect, it } from 'vitest';
import { matchPhasesFor } from '#goals/catalogue.ts';
import { draftGoals } from '#goals/draft/draft.ts';
import { resolveEnvironment } from '#goals/environment.ts';
import { loadGoals } from '#goals/load.ts';
import type { Survey } from '#model/survey.ts';
import phases from '#phases/index.ts';
import { userErrorOf } from '../support.ts';
import {
  airflow,
  BARE,
  gitRepository,
  helmRelease,
  kustomization,
  lists,
  named,
  objectStore,
  prometheus,
  service,
  storageClass,
  survey,
} from './survey.ts';

const CEPH = { cephClusters: [named('rook-ceph/rook-ceph')], objectStores: [objectStore('rook-ceph/objects')] };
const BUCKETS = storageClass('ceph-bucket', { provisioner: 'rook-ceph.ceph.rook.io/bucket' });
const AIRFLOW_FILES = {
  'apps/kustomization.yaml': lists('./airflow/release.yaml'),
  'apps/airflow/release.yaml': helmRelease('data/airflow'),
  'monitoring/kustomization.yaml': lists('./namespace.yaml'),
};

describe('storage', () => {
  it('of Rook: store, cluster, the address that it reports, and its StorageClass', () => {
    const endpoint = 'http://rook-ceph-rgw-objects.rook-ceph.svc:8080';
    const seen = survey({
      ...CEPH,
      objectStores: [objectStore('rook-ceph/objects', { endpoint })],
      storageClasses: [...BARE.storageClasses, BUCKETS],
    });
    expect(settingsOf(seen, '/storage')).toEqual({
      '/storage/rook/namespace': 'found rook-ceph',
      '/storage/rook/cluster': 'found rook-ceph',
      '/storage/rook/objectStore': 'found objects',
      '/storage/endpoint': `found ${endpoint}`,
      '/storage/storageClass': 'found ceph-bucket',
      '/storage/bucket/name': 'guessed loki-logs',
      '/storage/bucket/from': 'found object-bucket-claim',
    });
  });

  it('of two stores: the one that is Ready and has a StorageClass', () => {
    const parameters = { objectStoreName: 'second', objectStoreNamespace: 'rook-ceph' };
    const stores = ['first', 'second'].map((name) => objectStore(`rook-ceph/${name}`));
    const seen = survey({ ...CEPH, objectStores: stores, storageClasses: [{ ...BUCKETS, parameters }] });
    expect(settingsOf(seen, '/storage/rook/objectStore')).toEqual({ '/storage/rook/objectStore': 'found second' });
    const broken = survey({ ...CEPH, objectStores: [objectStore('rook-ceph/first', { isReady: false }), objectStore('rook-ceph/second')] });
    expect(settingsOf(broken, '/storage/rook/objectStore')).toEqual({ '/storage/rook/objectStore': 'found second' });
  });

  it('of two stores that are equally good: the first by name, as a guess that names the other', () => {
    const seen = survey({ ...CEPH, objectStores: [objectStore('rook-ceph/second'), objectStore('rook-ceph/first')] });
    expect(findingOf(seen, '/storage/rook/objectStore')).toMatchObject({
      value: 'first',
      guessed: true,
      from: 'CephObjectStore rook-ceph/first, Ready; rook-ceph/second is just as good: the first by name is taken',
    });
  });

  it('of Rook without a StorageClass for buckets: the bucket has to be made', () => {
    expect(findingOf(survey(CEPH), '/storage/bucket/from')).toMatchObject({
      value: 'existing',
      guessed: true,
      remedy: expect.stringContaining('make bucket loki-logs'),
    });
  });

  it('without Rook: MinIO, as a guess', () => {
    const ports = [
      { name: 'http-console', port: 9001 },
      { name: 'http-minio', port: 9000 },
    ];
    const minio = service('files/minio', 0, { labels: { app: 'minio' }, ports });
    const seen = survey({ services: [service('files/minio-console', 9001, { labels: { app: 'minio' } }), minio] });
    expect(settingsOf(seen, '/storage')).toEqual({
      '/storage/rook': 'found null',
      '/storage/endpoint': 'guessed http://minio.files.svc:9000',
      '/storage/bucket/name': 'guessed loki-logs',
      '/storage/bucket/from': 'found existing',
      '/storage/secret/name': 'guessed loki-s3-credentials',
    });
  });

  it('without any object store: an address to fill in, which it says', () => {
    const finding = findingOf(survey(), '/storage/endpoint');
    expect(finding).toMatchObject({
      guessed: true,
      from: 'no object store was recognised',
      remedy: expect.stringContaining('https://s3.eu-central-1.amazonaws.com'),
    });
  });

  it("for Loki's volume: the newest default, as Kubernetes does; without one a guess", () => {
    const pointer = '/loki/persistence/storageClass';
    const ceph = storageClass('ceph-block', { provisioner: 'rook-ceph.rbd.csi.ceph.com' });
    const defaults = [
      storageClass('old', { isDefault: true }),
      storageClass('young', { isDefault: true, created: '2026-02-01T00:00:00Z' }),
    ];
    expect(findingOf(survey({ storageClasses: defaults }), pointer)).toMatchObject({ value: 'young', guessed: false });
    expect(findingOf(survey({ storageClasses: [BUCKETS, storageClass('a'), ceph] }), pointer)).toMatchObject({
      value: 'ceph-block',
      guessed: true,
    });
    expect(findingOf(survey({ storageClasses: [storageClass('b'), storageClass('a')] }), pointer)).toMatchObject({
      value: 'a',
      guessed: true,
      from: 'no StorageClass is the default; the first that makes volumes is taken (so could be b)',
    });
    expect(findingOf(survey({ storageClasses: [BUCKETS] }), pointer)).toMatchObject({ guessed: true, remedy: expect.anything() });
  });

  it('External Secrets: there or null', () => {
    expect(findingOf(survey(), '/externalSecrets')).toMatchObject({ value: null, guessed: false });
    expect(findingOf(survey({ secretStores: [] }), '/externalSecrets')).toMatchObject({ value: {} });
  });
});

describe('Prometheus', () => {
  const own = service('monitoring/stack-prometheus', 9090);

  it('is null without its operator, and without an instance', () => {
    expect(findingOf(survey(), '/prometheus')).toMatchObject({ value: null, guessed: false });
    expect(findingOf(survey({ prometheuses: [] }), '/prometheus')).toMatchObject({ value: null, guessed: false });
  });

  it('of several: the one that takes remote writes, then the one beside Grafana, then a guess', () => {
    const prometheuses = [prometheus('a/x', { takesRemoteWrites: false }), prometheus('b/x'), prometheus('c/x')];
    const services = ['a', 'b', 'c'].map((namespace) => service(`${namespace}/x`, 9090));
    const grafana = service('c/grafana', 80);
    expect(findingOf(survey({ prometheuses, services: [...services, grafana] }), '/prometheus/service')).toMatchObject({
      value: 'c/x:9090',
      guessed: false,
    });
    expect(findingOf(survey({ prometheuses, services }), '/prometheus/service')).toMatchObject({
      value: 'b/x:9090',
      guessed: true,
      from: 'Service b/x of Prometheus b/x, which takes remote writes; c/x is just as good: the first by name is taken',
    });
    expect(findingOf(survey({ prometheuses, services }), '/loki/namespace')).toMatchObject({ value: 'b' });
  });

  it('is reached by its own Service, by one that selects it, or by the one of the operator', () => {
    const selecting = service('monitoring/web', 80, { selector: { 'operator.prometheus.io/name': 'stack-prometheus' } });
    const operated = service('monitoring/prometheus-operated', 9090);
    const prometheuses = [prometheus('monitoring/stack-prometheus')];
    const at = (...services: (typeof own)[]) => findingOf(survey({ prometheuses, services }), '/prometheus/service');
    expect(at(operated, selecting, own)).toMatchObject({ value: 'monitoring/stack-prometheus:9090', guessed: false });
    expect(at(operated, selecting)).toMatchObject({ value: 'monitoring/web:80', guessed: false });
    expect(at(operated)).toMatchObject({ value: 'monitoring/prometheus-operated:9090', guessed: false });
    expect(at()).toMatchObject({ value: 'monitoring/prometheus-operated:9090', guessed: true });
  });

  it('that takes no remote writes has to', () => {
    const prometheuses = [prometheus('monitoring/stack-prometheus', { takesRemoteWrites: false })];
    const finding = findingOf(survey({ prometheuses, services: [own] }), '/prometheus/service');
    expect(finding?.remedy).toContain('enableRemoteWriteReceiver: true');
  });

  it.each([
    ['the label release', { release: 'stack' }, { value: 'stack', guessed: false }],
    ['nothing: every ServiceMonitor', {}, { value: 'kube-prometheus-stack', guessed: false }],
    ['another label', { team: 'ops' }, { guessed: true, from: expect.stringContaining('team: ops'), remedy: expect.anything() }],
    ['expressions', undefined, { guessed: true, remedy: expect.anything() }],
  ])('selects by %s', (_, selects, expected) => {
    const prometheuses = [prometheus('monitoring/stack-prometheus', { selects })];
    expect(findingOf(survey({ prometheuses, services: [own] }), '/prometheus/release')).toMatchObject(expected);
  });
});

describe('Grafana', () => {
  const services = [service('web/grafana', 3000, { selector: { app: 'grafana' } })];

  it('is null where there is none', () => {
    expect(findingOf(survey(), '/grafana')).toMatchObject({ value: null, guessed: false });
  });

  it('has its login where its pods take it from', () => {
    const variables = ['user', 'password'].map((key) => ({ variable: `GF_SECURITY_ADMIN_${key.toUpperCase()}`, secret: 'root', key }));
    const pods = { ...named('web/grafana'), podLabels: { app: 'grafana' }, secretVariables: variables };
    expect(settingsOf(survey({ services, workloads: [...BARE.workloads, pods] }), '/grafana')).toEqual({
      '/grafana/service': 'found web/grafana:3000',
      '/grafana/login/secret': 'found root',
      '/grafana/login/user': 'found user',
      '/grafana/login/password': 'found password',
    });
  });

  it('else in a Secret by its name, if that has the keys; else it is a guess', () => {
    const at = (grafanaKeys: Survey['grafanaKeys']) => findingOf(survey({ services }, { grafanaKeys }), '/grafana/login/secret');
    expect(at(['admin-password', 'admin-user', 'ldap-toml'])).toMatchObject({ value: 'grafana', guessed: false });
    expect(at(['token'])).toMatchObject({ value: 'grafana', guessed: true, from: 'Secret web/grafana has other keys: token' });
    expect(at(undefined)).toMatchObject({ value: 'grafana', guessed: true, remedy: expect.anything() });
  });

  it('draws Loki beside it where there is no Prometheus', () => {
    expect(findingOf(survey({ services }), '/loki/namespace')).toMatchObject({ value: 'web', guessed: false });
    expect(findingOf(survey(), '/loki/namespace')).toMatchObject({ value: 'monitoring', guessed: true });
  });
});

it('a namespace that refuses host paths has to be labelled', () => {
  const namespaces = [named('monitoring', { 'pod-security.kubernetes.io/enforce': 'baseline' })];
  expect(findingOf(survey({ namespaces }), '/loki/namespace')?.remedy).toContain('privileged');
});

describe('Airflow', () => {
  const kustomizations = [kustomization('flux-system/apps', 'apps'), kustomization('flux-system/monitoring', 'monitoring')];
  const at = (claims: readonly string[], release = airflow('data/airflow'), files: Survey['files'] = AIRFLOW_FILES) =>
    survey({ helmReleases: [release], claims: claims.map((name) => named(`data/${name}`)), kustomizations }, { files });

  it('is null without one, and without a claim', () => {
    expect(findingOf(survey(), '/airflow')).toMatchObject({ value: null, guessed: false });
    expect(findingOf(at(['dags']), '/airflow')).toMatchObject({
      value: null,
      guessed: false,
      from: expect.stringContaining('on no claim'),
    });
  });

  it('is known by its release, its claim, and the file that it comes from', () => {
    expect(settingsOf(at(['airflow-logs', 'other-logs'], airflow('data/airflow', { logClaim: 'other-logs' })), '/airflow')).toMatchObject({
      '/airflow/namespace': 'found data',
      '/airflow/release': 'found airflow',
      '/airflow/claim': 'found other-logs',
      '/airflow/file': 'found apps/airflow/release.yaml',
      '/airflow/kustomization': 'found apps',
    });
  });

  it('brings a bucket and a Secret to make where buckets are not claimed', () => {
    expect(findingOf(at(['airflow-logs']), '/airflow/archive/secret')).toMatchObject({
      guessed: true,
      remedy: expect.stringContaining('namespace data'),
    });
  });

  it('is left alone, as a guess, when it comes from elsewhere', () => {
    const { 'apps/airflow/release.yaml': _, ...files } = AIRFLOW_FILES;
    expect(findingOf(at(['airflow-logs'], undefined, files), '/airflow')).toMatchObject({ value: null, guessed: true });
  });

  it('that is not there leaves no trigger that could never be met', () => {
    expect(draft(survey()).goals.triggers.map(({ description }) => description)).not.toContainEqual(expect.stringContaining('Airflow'));
    expect(draft(at(['airflow-logs'])).goals.triggers.map(({ description }) => description)).toContainEqual(
      expect.stringContaining('Airflow'),
    );
  });
});

it.each([
  ['small', 3, 4, { request: '512Mi', limit: '1Gi' }],
  ['usual', 3, 96, { request: '1Gi', limit: '2Gi' }],
  ['large', 11, 64, { request: '4Gi', limit: '8Gi' }],
])('the %s size: %s nodes of %s GiB', (_, count, memory, expected) => {
  const nodes = Array.from({ length: count }, (__, index) => ({ name: `n${index}`, memory: memory * 2 ** 30 }));
  expect(findingOf(survey({ nodes }), '/loki/memory')).toMatchObject({ value: expected, guessed: true });
});

it('without Flux nothing can be rolled out', () => {
  for (const gitRepositories of [undefined, []]) expect(userErrorOf(() => draftGoals(survey({ gitRepositories }))).exit).toBe(5);
  expect(userErrorOf(() => draftGoals(survey({}, { remotes: [] }))).exit).toBe(5);
  expect(draft(survey({ gitRepositories: [gitRepository('flux-system/flux-system')] }))).toBeDefined();
});

/** The draft, understood: whatever was seen, it loads without a warning, and every deliverable in it is one that checks judge. */
function draft(seen: Survey) {
  const { text, findings } = draftGoals(seen);
  const goals = loadGoals(text, 'goals.json');
  const { environment, warnings } = resolveEnvironment(goals);
  expect([...goals.warnings, ...warnings]).toEqual([]);
  const deliverables = matchPhasesFor(phases, environment, goals).flatMap(({ objectives }) =>
    objectives.filter(({ skipped }) => skipped === undefined).flatMap((each) => each.deliverables),
  );
  expect(deliverables.filter(({ unknown }) => unknown).map(({ title }) => title)).toEqual([]);
  return { goals, findings };
}

function findingOf(seen: Survey, pointer: string) {
  return draft(seen).findings.find((each) => each.pointer === `/environment${pointer}`);
}

function settingsOf(seen: Survey, pointer: string) {
  const own = draft(seen).findings.filter((each) => each.pointer.startsWith(`/environment${pointer}`));
  return Object.fromEntries(
    own.map((each) => [each.pointer.replace('/environment', ''), `${each.guessed ? 'guessed' : 'found'} ${each.value}`]),
  );
}
