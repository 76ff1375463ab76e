import { describe, expect, it } from 'vitest';
import { readCluster, readKeys, readRepository } from '#checks/survey.ts';
import { Unreadable } from '#model/errors.ts';
import type { Answer } from '#model/read.ts';

const reads = readCluster();

describe('a list', () => {
  it.each(Object.entries(reads))('of %s that is not understood is unreadable', (_, read) => {
    expect(() => read.decode(list({ metadata: { name: 1 } }))).toThrow(Unreadable);
  });

  it('of a kind that is not served is undefined where the kind may be missing', () => {
    const unserved: Answer = { of: 'list', served: false, items: [] };
    expect(Object.entries(reads).flatMap(([name, read]) => (read.decode(unserved) === undefined ? [name] : []))).toEqual([
      'gitRepositories',
      'kustomizations',
      'helmReleases',
      'cephClusters',
      'objectStores',
      'secretStores',
      'prometheuses',
    ]);
  });

  it.each([
    ['a branch', { ref: { branch: 'live' } }, 'live'],
    ['a branch by its full name', { ref: { name: 'refs/heads/live' } }, 'live'],
    ['nothing, which is master', {}, 'master'],
    ['a tag', { ref: { tag: 'v1' } }, undefined],
  ])('of GitRepositories: following %s', (_, spec, branch) => {
    expect(reads.gitRepositories.decode(list(object({ spec: { url: 'u', ...spec } })))).toMatchObject([{ branch }]);
  });

  it.each([
    ['./kubernetes/apps/', 'kubernetes/apps'],
    ['/apps', 'apps'],
    ['./', ''],
    ['.', ''],
    [undefined, ''],
  ])('of Kustomizations: path %s', (path, expected) => {
    const spec = { sourceRef: { kind: 'GitRepository', name: 'lab' }, ...(path === undefined ? {} : { path }) };
    expect(reads.kustomizations.decode(list(object({ spec })))).toMatchObject([
      { path: expected, source: { namespace: 'here', name: 'lab' } },
    ]);
  });

  it.each([
    ['into its own namespace', {}, { targetNamespace: 'here', release: 'it' }],
    ['into another', { targetNamespace: 'there' }, { targetNamespace: 'there', release: 'there-it' }],
    ['under a name', { targetNamespace: 'there', releaseName: 'name' }, { targetNamespace: 'there', release: 'name' }],
  ])('of HelmReleases: %s', (_, spec, expected) => {
    expect(reads.helmReleases.decode(list(object({ spec })))).toMatchObject([{ ...expected, chart: undefined }]);
    expect(reads.helmReleases.decode(list(object({})))).toHaveLength(1);
  });

  it.each([
    [
      'what was released last',
      {
        history: [
          { chartName: 'loki', chartVersion: '18.1.0' },
          { chartName: 'loki', chartVersion: '6.0.0' },
        ],
      },
      '18.1.0',
    ],
    ['what is asked for, before any release', {}, '6.x'],
  ])('of HelmReleases: the chart of %s', (_, status, version) => {
    const spec = { chart: { spec: { chart: 'loki', version: '6.x' } } };
    expect(reads.helmReleases.decode(list(object({ spec, status })))).toMatchObject([{ chart: 'loki', version }]);
    expect(reads.helmReleases.decode(list(object({ status: { history: [{ chartName: 'a', chartVersion: '1.0.0' }] } })))).toMatchObject([
      { chart: 'a', version: '1.0.0' },
    ]);
  });

  it.each([
    ['labels', { matchLabels: { release: 'a' } }, { release: 'a' }],
    ['nothing, so all', {}, {}],
    ['expressions', { matchExpressions: [{ key: 'a', operator: 'Exists' }] }, undefined],
    ['no selector, so none', undefined, undefined],
  ])('of Prometheuses: selecting by %s', (_, serviceMonitorSelector, selects) => {
    const spec = serviceMonitorSelector === undefined ? {} : { serviceMonitorSelector };
    expect(reads.prometheuses.decode(list(object({ spec })))).toMatchObject([{ selects, takesRemoteWrites: false }]);
  });
});

it('no value of a variable or of a chart leaves the adapter, and of a Secret no value at all', () => {
  const fieldsOf = (read: { readonly request: object }) => ('fields' in read.request ? (read.request.fields as readonly string[]) : []);
  const asked = [...fieldsOf(reads.deployments), ...fieldsOf(reads.statefulSets), ...fieldsOf(reads.helmReleases)];
  expect(asked.filter((field) => /env$|env\.value$|valueFrom$|values$|spec$/.test(field))).toEqual([]);
  expect(readKeys('monitoring', 'grafana').request).toMatchObject({ of: 'secret', reveal: [] });
});

it('of the repository only what Flux applies is read', () => {
  expect(readRepository().request).toEqual({ of: 'git', look: 'files', paths: ['.'], endings: ['.yaml', '.yml', '/Kustomization'] });
});

function object(rest: object) {
  return { metadata: { name: 'it', namespace: 'here' }, ...rest };
}

function list(item: object): Answer {
  return { of: 'list', served: true, items: [{ apiVersion: 'v1', kind: 'Anything', ...item } as never] };
}
