import { describe, expect, it } from 'vitest';
import { type Answers, absent, list, object } from '../support.ts';
import { ended, explain, flux, isReady, OLD, pod, RELEASE_IS, REVISION, says, set, WELL, waits, whyNoLoki } from './support.ts';

describe('of what is well nothing is said', () => {
  it('all is well', () => expect(explain(whyNoLoki, WELL)).toEqual({ cause: [], remedy: undefined, asked: [] }));
  it('nothing could be read', () => expect(explain(whyNoLoki, {})).toEqual({ cause: [], remedy: undefined, asked: [] }));
  it('a container restarted long ago, and an init container is done', () => {
    const long = pod(
      { ready: true, restartCount: 3, lastState: ended('OOMKilled', 137, 61) },
      { ...isReady, initContainerStatuses: [{ name: 'init', state: ended('Completed', 0, 1) }] },
    );
    expect(explain(whyNoLoki, { ...WELL, pods: list(long) }).cause).toEqual([]);
  });
});

const DELIVERY: readonly [string, Answers, readonly string[], string | undefined][] = [
  [
    'the remote is unreachable',
    { remote: { of: 'remote', remote: 'origin', branch: 'main', unreachable: 'Could not resolve host' } },
    ["origin can't be reached: Could not resolve host"],
    'check address and credentials: git ls-remote origin',
  ],
  ['no such branch', { remote: { of: 'remote', remote: 'origin', branch: 'main' } }, ['origin has no branch main'], 'git ls-remote origin'],
  ['no source', { source: absent }, ['GitRepository flux-system/flux-system is not there'], undefined],
  [
    'the source is suspended',
    { source: flux({ artifact: { revision: OLD } }, { spec: { suspend: true } }) },
    ['GitRepository flux-system/flux-system is suspended'],
    'flux resume source git -n flux-system flux-system; Git may set spec.suspend, too',
  ],
  [
    'the source is suspended at the tip',
    { source: flux({ artifact: { revision: REVISION } }, { spec: { suspend: true } }) },
    [],
    undefined,
  ],
  [
    'not fetched',
    { source: flux({ artifact: { revision: OLD }, conditions: [says('Ready', 'False', 'GitOperationFailed', 'no route to host')] }) },
    ['GitRepository flux-system/flux-system: GitOperationFailed: no route to host'],
    'mend what it says, then: flux reconcile source git -n flux-system flux-system',
  ],
  [
    'not fetched yet',
    { source: flux({ artifact: { revision: OLD } }) },
    [`GitRepository flux-system/flux-system has fetched ${OLD}, the branch is at c0ffee1`],
    'flux reconcile source git -n flux-system flux-system',
  ],
  [
    'nothing fetched',
    { source: flux({}) },
    ['GitRepository flux-system/flux-system has fetched nothing, the branch is at c0ffee1'],
    'flux reconcile source git -n flux-system flux-system',
  ],
  ['no Kustomization', { kustomization: absent }, ['Kustomization flux-system/loki is not there'], undefined],
  [
    'no Kustomization, for its parent does not build',
    { kustomization: absent, parent: flux({ conditions: [says('Ready', 'False', 'BuildFailed', 'no such file')] }) },
    ['Kustomization flux-system/cluster-apps: BuildFailed: no such file', 'Kustomization flux-system/loki is not there'],
    'flux logs --kind=Kustomization --name=cluster-apps -n flux-system; mend what it says in Git, then resume',
  ],
  [
    'no Kustomization and no parent',
    { kustomization: absent, parent: absent },
    ['Kustomization flux-system/cluster-apps is not there', 'Kustomization flux-system/loki is not there'],
    undefined,
  ],
  [
    'no Kustomization, for its parent is suspended',
    { kustomization: absent, parent: flux({}, { spec: { suspend: true } }) },
    ['Kustomization flux-system/cluster-apps is suspended', 'Kustomization flux-system/loki is not there'],
    'flux resume kustomization -n flux-system cluster-apps; Git may set spec.suspend, too',
  ],
  [
    'not applied yet',
    { kustomization: flux({ lastAppliedRevision: OLD }) },
    [`Kustomization flux-system/loki has applied ${OLD}`],
    'flux reconcile kustomization -n flux-system loki',
  ],
  [
    'never applied',
    { kustomization: flux({}) },
    ['Kustomization flux-system/loki has applied nothing'],
    'flux reconcile kustomization -n flux-system loki',
  ],
  [
    'it says nothing',
    { kustomization: flux({ conditions: [] }) },
    ['Kustomization flux-system/loki: it says nothing about being ready'],
    undefined,
  ],
];

describe('from Git to the Kustomization: what lies behind is still of before', () => {
  it.each(DELIVERY)('%s', (_, answers, cause, remedy) => {
    const told = explain(whyNoLoki, { ...WELL, ...answers, sets: list(set(0)) });
    const behind = cause.length === 0 ? ['StatefulSet monitoring/loki: 0 of 1 ready'] : [];
    expect(told.cause).toEqual([...cause, ...behind]);
    expect(told.remedy).toBe(remedy);
  });

  it.each([
    ['it is at it', says('Ready', 'Unknown', 'Progressing', 'Reconciliation in progress')],
    ['it waits for health', says('Ready', 'False', 'HealthCheckFailed', 'Reconciliation in progress')],
  ])('but what it has just applied is of today: %s', (_, condition) => {
    const answers = { ...WELL, kustomization: flux({ lastAppliedRevision: OLD, conditions: [condition] }), sets: list(set(0)) };
    expect(explain(whyNoLoki, answers).cause).toEqual([
      `Kustomization flux-system/loki: ${condition.reason}: Reconciliation in progress`,
      'StatefulSet monitoring/loki: 0 of 1 ready',
    ]);
  });
});

const released = (...conditions: readonly object[]) => ({ [RELEASE_IS]: flux({ conditions }) });

describe('what the Kustomization applies', () => {
  it.each([
    ['not there', { [RELEASE_IS]: absent }, 'HelmRelease monitoring/loki is not there'],
    ['an older generation', { [RELEASE_IS]: flux({ observedGeneration: 1 }) }, 'HelmRelease monitoring/loki: ReconciliationSucceeded: '],
    [
      'at it',
      released(says('Ready', 'Unknown', 'Progressing', 'wait'), says('Reconciling', 'True', 'Progressing', 'Running install')),
      'HelmRelease monitoring/loki: Progressing: Running install',
    ],
    [
      'stalled after a rollback',
      released(
        says('Ready', 'False', 'RollbackSucceeded', 'rolled back'),
        says('Released', 'False', 'UpgradeFailed', 'timeout waiting for loki'),
        says('Stalled', 'True', 'RetriesExceeded', '4 attempts'),
      ),
      'HelmRelease monitoring/loki: RetriesExceeded: timeout waiting for loki',
    ],
    [
      'stalled',
      released(says('Ready', 'False', 'InstallFailed', 'no matches for kind'), says('Stalled', 'True', 'RetriesExceeded', '4 attempts')),
      'HelmRelease monitoring/loki: RetriesExceeded: no matches for kind',
    ],
    [
      'an ExternalSecret',
      { 'ExternalSecret monitoring/s3': object({ status: { conditions: [says('Ready', 'False', 'SecretSyncedError', 'no such key')] } }) },
      'ExternalSecret monitoring/s3: SecretSyncedError: no such key',
    ],
  ] as readonly [string, Answers, string][])('%s', (_, answers, cause) =>
    expect(explain(whyNoLoki, { ...WELL, ...answers }).cause).toEqual([cause]),
  );

  it('comes before what runs of it, and what mends the innermost counts', () => {
    const answers = { ...WELL, ...released(says('Ready', 'False', 'InstallFailed', 'timeout')), sets: list(set(0)) };
    expect(explain(whyNoLoki, { ...answers, pods: list(pod(waits('ErrImagePull', 'not found'))) })).toMatchObject({
      cause: [
        'HelmRelease monitoring/loki: InstallFailed: timeout',
        'StatefulSet monitoring/loki: 0 of 1 ready',
        expect.stringContaining('ErrImagePull'),
      ],
      remedy: expect.stringContaining('imagePullSecrets'),
    });
    expect(explain(whyNoLoki, answers).remedy).toBe('mend in Git what it says: flux get helmrelease -n monitoring loki');
  });
});
