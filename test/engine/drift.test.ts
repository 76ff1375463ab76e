import { describe, expect, it, test } from 'vitest';
import { findDrift } from '#engine/drift.ts';
import type { Look } from '#engine/judge.ts';
import type { MatchedObjective } from '#goals/types.ts';
import type { Step } from '#model/change.ts';
import { Unobserved } from '#model/errors.ts';
import { type Manifest, nameOf, refOf } from '#model/kubernetes.ts';
import type { Answer, FileDifference, Request } from '#model/read.ts';
import { readFact } from './facts.ts';

const AT = '2026-01-01T00:00:00Z';
const LABELS = { 'kustomize.toolkit.fluxcd.io/name': 'loki', 'kustomize.toolkit.fluxcd.io/namespace': 'flux-system' };
const CONFIG = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: rules, namespace: monitoring}\ndata: {a.yaml: "one"}\n';
const RELEASE =
  'apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: loki, namespace: monitoring}\nspec: {values: {a: 1}}\n';
const LIVE: readonly Manifest[] = [
  { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'rules', namespace: 'monitoring', labels: LABELS }, data: { 'a.yaml': 'one' } },
  {
    apiVersion: 'helm.toolkit.fluxcd.io/v2',
    kind: 'HelmRelease',
    metadata: { name: 'loki', namespace: 'monitoring' },
    spec: { values: { a: 1 } },
  },
  workload('StatefulSet', 'loki', [owned('helm-controller', { 'f:spec': { 'f:replicas': {} } })]),
];

describe('between goals and Git', () => {
  const last = { commit: 'abcdef0123456789', by: 'Ada', at: AT, subject: 'try it' };

  it.each<[FileDifference, object]>([
    [
      { file: 'a.yaml', state: 'missing', last },
      { state: 'missing', by: 'Ada (abcdef0123: try it)', at: AT, remedy: 'anton-logging phase run 2 writes it anew' },
    ],
    [
      { file: 'a.yaml', state: 'missing' },
      { state: 'missing', remedy: 'anton-logging phase run 2 writes it anew' },
    ],
    [
      { file: 'a.yaml', state: 'edited', last },
      {
        ...{ state: 'changed', by: 'Ada (abcdef0123: try it)', at: AT },
        remedy:
          'git show abcdef0123 -- a.yaml shows the change: take it into the environment of the goals, or have the file written anew: anton-logging phase run 2 --overwrite',
      },
    ],
    [
      { file: 'a.yaml', state: 'edited', at: 'resources' },
      {
        state: 'changed',
        field: 'resources',
        remedy: 'git log -p -- a.yaml shows the change; anton-logging phase run 2 sets the value again',
      },
    ],
    [
      { file: 'a.yaml', state: 'outdated' },
      { state: 'outdated', remedy: 'anton-logging plan 2 shows what the goals want now, anton-logging phase run 2 does it' },
    ],
  ])('%j is told', async (difference, expected) => {
    const { drift } = await driftOf({ differences: [difference] });
    expect(drift).toEqual([{ phase: 2, objective: '2.1', kind: 'file', what: 'a.yaml', ...expected }]);
  });

  it('each file is asked of the objective that wrote it last, each value likewise', async () => {
    const asked: Request[] = [];
    const edit = (set: number) => ({ file: 'user.yaml', at: ['a'], set });
    const places = [
      place(1, '1.1', [commit({ 'a.yaml': 'old', 'b.yaml': 'b' }, [edit(1)])]),
      place(2, '2.1', [commit({ 'a.yaml': 'new', 'notes.md': '#' }, [edit(2), { file: 'user.yaml', at: ['list'], add: 'x' }])]),
      place(3, '3.1', []),
    ];
    await findDrift(
      places,
      lookAt({}, (request) => asked.push(request)),
    );
    expect(asked.filter(({ of }) => of === 'git')).toEqual([
      { of: 'git', look: 'differences', files: { 'b.yaml': 'b' }, edits: [] },
      { of: 'git', look: 'files', paths: ['b.yaml'] },
      {
        ...{ of: 'git', look: 'differences', files: { 'a.yaml': 'new', 'notes.md': '#' } },
        edits: [edit(2), { file: 'user.yaml', at: ['list'], add: 'x' }],
      },
      { of: 'git', look: 'files', paths: ['a.yaml'] },
    ]);
  });

  it('what is derived from the cluster is of its day', async () => {
    const steps: Step[] = [
      { do: 'derive', title: 'd', reads: { fact: readFact('a') }, permissions: [], changes: () => [commit({ 'd.md': '' })] },
    ];
    const asked: Request[] = [];
    await findDrift(
      [place(1, '1.1', steps)],
      lookAt({}, (request) => asked.push(request)),
    );
    expect(asked).toEqual([]);
  });
});

describe('between Git and cluster', () => {
  it('is none where all is as it was applied', async () => {
    expect(await driftOf({})).toEqual({ drift: [], unseen: [] });
  });

  it('is a field that was changed, with who and when, and how it comes back', async () => {
    const live = { ...(LIVE[0] as Manifest), data: { 'a.yaml': 'two' } };
    live.metadata = { ...live.metadata, managedFields: [owned('kubectl-edit', { 'f:data': { 'f:a.yaml': {} } })] };
    const { drift } = await driftOf({ live: [live] });
    expect(drift).toEqual([
      {
        ...{ phase: 2, objective: '2.1', kind: 'object', state: 'changed', what: 'ConfigMap monitoring/rules', field: 'data["a.yaml"]' },
        ...{ wanted: 'one', found: 'two', by: 'kubectl-edit', at: AT },
        remedy:
          'flux reconcile kustomization -n flux-system loki puts it back (flux resume kustomization -n flux-system loki, if it is suspended); or commit it, if it is meant',
      },
    ]);
  });

  it.each([
    ['what Flux itself set otherwise', ['kustomize-controller'], false],
    ['what Flux and somebody else set', ['kustomize-controller', 'kubectl-edit'], true],
    ['what somebody else set', ['kubectl-edit'], true],
    ['what nobody owns', [], true],
  ])('%s by %j is drift: %s', async (_, managers, isDrift) => {
    const live = { ...(LIVE[0] as Manifest), data: { 'a.yaml': 'two' } };
    const owners = managers.map((manager) => owned(manager, { 'f:data': { 'f:a.yaml': {} } }));
    const { drift } = await driftOf({ live: [{ ...live, metadata: { ...live.metadata, managedFields: owners } }] });
    expect(drift).toHaveLength(isDrift ? 1 : 0);
    expect(drift[0]?.by).toBe(managers.find((manager) => manager === 'kubectl-edit'));
  });

  it('is a field that was taken out, by nobody knows whom', async () => {
    const metadata = { name: 'rules', namespace: 'monitoring', managedFields: [owned('kubectl-edit', { 'f:data': { 'f:a.yaml': {} } })] };
    const { drift } = await driftOf({ live: [{ apiVersion: 'v1', kind: 'ConfigMap', metadata }] });
    expect(drift).toMatchObject([{ field: 'data', found: 'nothing', remedy: expect.stringContaining('flux get kustomizations -A') }]);
    expect(drift[0]).not.toHaveProperty('by');
  });

  it.each([
    ['', true],
    ['suspend: false, ', true],
    ['suspend: true, ', false],
  ])('is an object of Flux that somebody suspended: Git says "%s"', async (said, isDrift) => {
    const release = RELEASE.replace('spec: {', `spec: {${said}`);
    const metadata = { ...(LIVE[1] as Manifest).metadata, managedFields: [owned('flux', { 'f:spec': { 'f:suspend': {} } })] };
    const suspended = { ...(LIVE[1] as Manifest), metadata, spec: { suspend: true, values: { a: 1 } } };
    const { drift } = await driftOf({ files: { 'a.yaml': release }, live: [suspended] });
    const remedy = `kubectl patch helmrelease -n monitoring loki --type merge -p '{"spec":{"suspend":false}}'`;
    expect(drift).toMatchObject(isDrift ? [{ field: 'spec.suspend', wanted: 'false', found: 'true', by: 'flux', at: AT, remedy }] : []);
    expect(drift).toHaveLength(isDrift ? 1 : 0);
  });

  it('is an object that is not there', async () => {
    const { drift } = await driftOf({ gone: ['ConfigMap monitoring/rules'] });
    expect(drift).toMatchObject([{ kind: 'object', state: 'missing', what: 'ConfigMap monitoring/rules' }]);
  });

  it('of a Secret tells the field and no value', async () => {
    const secret = (token: string) => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'own', namespace: 'monitoring' },
      data: { a: token },
    });
    const { drift } = await driftOf({ files: { 'a.yaml': JSON.stringify(secret('b2xk')) }, live: [secret('bmV3')] });
    expect(drift).toMatchObject([{ what: 'Secret monitoring/own', field: 'data.a' }]);
    expect(JSON.stringify(drift)).not.toMatch(/b2xk|bmV3/);
  });

  it('is looked for in what is a manifest of a kind that is known', async () => {
    const texts = {
      'a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: gone, namespace: monitoring}\ndata: ["a"\n  b: c\n',
      'b.yaml': '---\n',
      'c.yaml': 'apiVersion: v1\nkind: Other\nmetadata: {name: a}\n',
      'd.yaml': 'apiVersion: v1\nkind: ConfigMap\n',
    };
    expect(await driftOf({ files: texts })).toEqual({ drift: [], unseen: [] });
  });
});

describe('in what a release has rendered', () => {
  const byHand = (manager: string, fields: object) => [
    owned('helm-controller', { 'f:spec': { 'f:replicas': {} } }),
    owned(manager, fields),
  ];

  it.each(['Deployment', 'StatefulSet', 'DaemonSet'] as const)('%s: what somebody else than Flux has set is told', async (kind) => {
    const { drift } = await driftOf({
      live: [workload(kind, 'gateway', byHand('kubectl-scale', { 'f:spec': { 'f:replicas': {} }, 'f:status': {} }))],
    });
    expect(drift).toEqual([
      {
        ...{ phase: 2, objective: '2.1', kind: 'release', state: 'changed', what: `${kind} monitoring/gateway`, field: 'spec.replicas' },
        ...{ found: '2', by: 'kubectl-scale', at: AT },
        remedy:
          'flux reconcile helmrelease -n monitoring loki --force puts it back; or set it in the values of that release, if it is meant',
      },
    ]);
  });

  it('is looked for in what has no workloads, too: a setting in the data of a ConfigMap, and no value of it', async () => {
    const managedFields = byHand('kubectl-edit', { 'f:data': { 'f:config.yaml': {} } });
    const { drift } = await driftOf({ live: [{ ...workload('ConfigMap', 'loki', managedFields), data: { 'config.yaml': 'a: b' } }] });
    expect(drift).toMatchObject([{ kind: 'release', what: 'ConfigMap monitoring/loki', field: 'data["config.yaml"]', by: 'kubectl-edit' }]);
  });

  it.each([
    ['what Flux and the controllers set', byHand('kube-controller-manager', { 'f:spec': { 'f:replicas': {} } })],
    ['what Helm set before Flux came', byHand('helm', { 'f:spec': { 'f:replicas': {} } })],
    ['what kustomize-controller sets', byHand('kustomize-controller', { 'f:spec': { 'f:replicas': {} } })],
    [
      'a restart by kubectl',
      byHand('kubectl-rollout', { 'f:spec': { 'f:template': { 'f:metadata': { 'f:annotations': { 'f:restartedAt': {} } } } } }),
    ],
    ['an annotation', byHand('kubectl-annotate', { 'f:metadata': { 'f:annotations': { 'f:meta.helm.sh/release-name': {} } } })],
  ])('%s is none', async (_, managedFields) => {
    expect(await driftOf({ live: [workload('Deployment', 'gateway', managedFields)] })).toEqual({ drift: [], unseen: [] });
  });

  it("another release's are left alone", async () => {
    const other = workload('Deployment', 'other', byHand('kubectl-scale', { 'f:spec': { 'f:replicas': {} } }), 'grafana');
    expect(await driftOf({ live: [other] })).toEqual({ drift: [], unseen: [] });
  });
});

test('what could not be looked at is told, once for each read that failed', async () => {
  const forbidden = (request: Request) => {
    if (request.of === 'object' && request.ref.kind === 'ConfigMap') throw new Unobserved('forbidden', 'may not get configmaps');
    if (request.of === 'list' && request.scope.resource === 'deployments') throw new Unobserved('timeout', 'no answer');
  };
  const { drift, unseen } = await driftOf({}, forbidden);
  expect(drift).toEqual([]);
  expect(unseen).toMatchObject([
    { phase: 2, objective: '2.1', saw: 'ConfigMap monitoring/rules could not be read', cause: ['may not get configmaps'] },
    { phase: 2, objective: '2.1', saw: 'list of deployments in monitoring could not be read', cause: ['no answer'] },
  ]);
  const blind = () => {
    throw new Unobserved('unreachable', 'no checkout');
  };
  expect(await driftOf({}, blind)).toMatchObject({ drift: [], unseen: [{ saw: 'the generated files could not be read' }] });
});

interface Lab {
  readonly differences?: readonly FileDifference[];
  /** What stands in Git. */
  readonly files?: Readonly<Record<string, string>>;
  /** Beside, or instead of, what is there when all is well. */
  readonly live?: readonly Manifest[];
  readonly gone?: readonly string[];
}

function driftOf(lab: Lab, onRequest: (request: Request) => void = () => {}) {
  const files = lab.files ?? { 'a.yaml': CONFIG, 'b.yaml': RELEASE };
  return findDrift([place(2, '2.1', [commit(files), { do: 'reconcile', object: refOf(LIVE[0] as Manifest) }])], lookAt(lab, onRequest));
}

function lookAt(
  { differences = [], files = { 'a.yaml': CONFIG, 'b.yaml': RELEASE }, live = [], gone = [] }: Lab,
  onRequest: (request: Request) => void,
): Look {
  const objects = new Map([...LIVE, ...live].map((object) => [nameOf(refOf(object)), object]));
  for (const name of gone) objects.delete(name);
  return async (request): Promise<Answer> => {
    onRequest(request);
    if (request.of === 'object') return { of: 'object', object: objects.get(nameOf(request.ref)) };
    if (request.of === 'list') {
      const items = [...objects.values()].filter(({ kind }) => `${kind.toLowerCase()}s` === request.scope.resource);
      return { of: 'list', served: true, items };
    }
    if (request.of === 'git' && request.look === 'differences') return { of: 'differences', tip: 'tip', differences };
    if (request.of === 'git' && request.look === 'files') {
      return { of: 'files', tip: 'tip', files: Object.fromEntries(Object.entries(files).filter(([file]) => request.paths.includes(file))) };
    }
    throw new Error(`nobody asks for ${request.of}`);
  };
}

function place(phase: number, id: string, steps: readonly Step[]) {
  const definition = { id, name: id, deliverables: [], steps };
  return { phase, objective: { id, name: id, inFile: true, status: 'completed', definition, deliverables: [] } satisfies MatchedObjective };
}

function commit(
  files: Readonly<Record<string, string>>,
  edits: readonly { file: string; at: readonly string[]; set?: number; add?: string }[] = [],
) {
  return { do: 'commit' as const, files, why: 'write', edits };
}

function workload(kind: string, name: string, managedFields: readonly object[], release = 'loki'): Manifest {
  const annotations = { 'meta.helm.sh/release-name': release };
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, namespace: 'monitoring', annotations, managedFields },
    spec: { replicas: 2, template: { metadata: { annotations: { restartedAt: 'now' } } } },
    status: { replicas: 2 },
  };
}

function owned(manager: string, fieldsV1: object) {
  return { manager, operation: 'Update', apiVersion: 'apps/v1', time: AT, fieldsType: 'FieldsV1', fieldsV1 };
}
