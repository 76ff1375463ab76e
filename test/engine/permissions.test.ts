import { expect, test } from 'vitest';
import { describePermission, permissionsOf } from '#engine/permissions.ts';
import type { Change, Step } from '#model/change.ts';
import type { Validation } from '#model/check.ts';
import type { BucketRef } from '#model/read.ts';
import { met } from '#model/verdict.ts';
import { checkFact, put, readFact, remove } from './facts.ts';
import { aim } from './rollout.ts';

const bucket: BucketRef = {
  endpoint: { namespace: 'storage', name: 'rgw', port: 80 },
  pathStyle: true,
  region: 'us-east-1',
  name: 'loki',
  credentials: { namespace: 'monitoring', name: 's3', user: 'id', password: 'key' },
};
const loki = { namespace: 'monitoring', name: 'loki', port: 3100 };
const source = { apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'GitRepository', namespace: 'flux-system', name: 'main' };

const CHANGES: readonly [string, Change, readonly string[]][] = [
  ['a commit', { do: 'commit', files: { a: 'b' }, why: 'why' }, []],
  ['a reconcile', { do: 'reconcile', object: source }, ['patch gitrepositories.source.toolkit.fluxcd.io in flux-system (name main)']],
  ['an apply', put('a'), ['get configmaps (name a)', 'create configmaps', 'patch configmaps (name a)', 'delete configmaps (name a)']],
  ['a removal', remove('a'), ['get configmaps (name a)', 'delete configmaps (name a)']],
  [
    'an upload',
    { do: 's3-put', bucket, key: 'k', body: '' },
    ['get secrets in monitoring (name s3)', 'update services/proxy in storage (name rgw:80)'],
  ],
  [
    'an upload in parts',
    { do: 's3-put', bucket, key: 'k', body: '', multipart: true },
    [
      'get secrets in monitoring (name s3)',
      'update services/proxy in storage (name rgw:80)',
      'create services/proxy in storage (name rgw:80)',
    ],
  ],
  [
    'a deletion from a bucket',
    { do: 's3-delete', bucket, key: 'k' },
    ['get secrets in monitoring (name s3)', 'delete services/proxy in storage (name rgw:80)'],
  ],
  [
    'an upload outside of the cluster',
    { do: 's3-put', bucket: { ...bucket, endpoint: 'https://s3.example.org' }, key: 'k', body: '' },
    ['get secrets in monitoring (name s3)'],
  ],
  ['a push', { do: 'push', to: loki, labels: {}, lines: [] }, ['create services/proxy in monitoring (name loki:3100)']],
  [
    'a push with a flush elsewhere',
    { do: 'push', to: loki, labels: {}, lines: [], flush: { ...loki, name: 'ingester' } },
    ['create services/proxy in monitoring (name loki:3100)', 'create services/proxy in monitoring (name ingester:3100)'],
  ],
];

test.each(CHANGES)('%s needs what it does', (_, change, expected) => {
  expect(namesOf([], [change])).toEqual(expected);
});

test('a check needs what its reads need, and watching begins with a list', () => {
  expect(namesOf([checkFact('a', 'up', { reads: { seen: readFact('a') } })])).toEqual(['get configmaps (name a)']);
  expect(namesOf([checkFact('a', 'up', { reads: { seen: readFact('a', true) } })])).toEqual([
    'get configmaps (name a)',
    'list configmaps',
    'watch configmaps',
  ]);
});

test('a probe needs what it writes, reads and takes back', () => {
  const probe: Validation = {
    id: 'probe',
    title: 'probe',
    holds: 'always',
    validFor: '1h',
    with: () => ({
      before: [{ do: 'reconcile', object: source }],
      reads: { seen: readFact('a') },
      judge: () => met(''),
      after: [remove('b')],
    }),
  };
  expect(namesOf([probe]).toSorted()).toEqual([
    'delete configmaps (name b)',
    'get configmaps (name a)',
    'get configmaps (name b)',
    'patch gitrepositories.source.toolkit.fluxcd.io in flux-system (name main)',
  ]);
});

test('a soak needs its history and its quiet checks; an approval needs nothing', () => {
  const began = { ...readFact('began'), decode: () => undefined };
  const soak: Validation = { gate: 'soak', id: 's', title: 's', for: '1d', began, quiet: [checkFact('calm')] };
  expect(namesOf([soak, { gate: 'approval', id: 'a', of: 'a' }])).toEqual(['get configmaps (name began)', 'get configmaps (name calm)']);
});

test('steps that await or derive need what they read, and what they say of their changes', () => {
  const derive: Step = {
    do: 'derive',
    title: 'd',
    reads: { seen: readFact('nodes') },
    permissions: [{ verb: 'create', group: 'batch', resource: 'jobs', namespace: 'airflow' }],
    changes: () => [],
  };
  expect(namesOf([], [{ do: 'await', what: checkFact('a') }, derive])).toEqual([
    'get configmaps (name a)',
    'get configmaps (name nodes)',
    'create jobs.batch in airflow',
  ]);
});

test('preconditions count, what is skipped does not, and each is asked once', () => {
  const objectives = [
    aim('1.1', [checkFact('a'), checkFact('a', 'other', { id: 'a2' })]),
    { ...aim('1.2', [checkFact('b')], [put('b')]), skipped: 'not here' },
    { ...aim('1.3', []), deliverables: [{ title: 'd', skipped: 'not here', validations: [checkFact('c')] }] },
  ];
  const permissions = permissionsOf({ preconditions: [checkFact('first')], objectives }).map(describePermission);
  expect(permissions).toEqual(['get configmaps (name first)', 'get configmaps (name a)']);
});

function namesOf(validations: readonly Validation[], steps: readonly Step[] = []): readonly string[] {
  return permissionsOf({ preconditions: [], objectives: [aim('1.1', validations, steps)] }).map(describePermission);
}

test('what later reads of a check may need is asked for with its first ones', () => {
  const nextPermissions = [{ verb: 'get', group: '', resource: 'pods/log' }] as const;
  expect(namesOf([checkFact('one', 'up', { nextPermissions })])).toEqual(['get configmaps (name one)', 'get pods/log']);
});

test('a look needs no permission to write', () => {
  const body = { preconditions: [], objectives: [aim('1.1', [checkFact('one')], [put('one')])] };
  const verbs = (writes: boolean) => new Set(permissionsOf(body, writes).map(({ verb }) => verb));
  expect(verbs(true)).toContain('create');
  expect([...verbs(false)].filter((verb) => !['get', 'list', 'watch'].includes(verb))).toEqual([]);
});

test('what repairs need is asked for only when they are allowed', () => {
  const repairPermissions = [{ verb: 'delete', group: '', resource: 'pods', namespace: 'monitoring' }] as const;
  const [judged, awaited] = [checkFact('one', 'up', { repairPermissions }), checkFact('two', 'up', { repairPermissions })];
  const asked = (objective: Parameters<typeof aim>, repairs: boolean) =>
    permissionsOf({ preconditions: [], objectives: [aim(...objective)] }, true, repairs).map(describePermission);
  for (const objective of [['1.1', [judged]] as const, ['1.1', [], [{ do: 'await', what: awaited }]] as const]) {
    expect(asked([...objective] as Parameters<typeof aim>, true)).toContain('delete pods in monitoring');
    expect(asked([...objective] as Parameters<typeof aim>, false)).not.toContain('delete pods in monitoring');
  }
});
