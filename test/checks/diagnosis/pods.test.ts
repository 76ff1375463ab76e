import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { whyNotDelivered, whyPodsFail } from '#checks/diagnosis.ts';
import { Unreadable } from '#model/errors.ts';
import { type Answers, GITOPS, list } from '../support.ts';
import { twistOne } from '../twist.ts';
import {
  claim,
  daemons,
  deployment,
  ended,
  event,
  explain,
  isReady,
  kustomization,
  log,
  pod,
  pods,
  says,
  set,
  unscheduled,
  WELL,
  waits,
  whyNoLoki,
} from './support.ts';

const ON = 'Pod monitoring/loki-0 on k8s-2';
const OOM = 'container loki ended with exit code 137: OOMKilled, its memory limit is 256Mi';
const AGAIN = '; it is tried again by the kubelet, after 10 s, doubled up to 5 min, for ever';

const PODS: readonly [string, Answers, readonly string[], string | undefined][] = [
  [
    'OOMKilled',
    { pods: list(pod({ ...waits('CrashLoopBackOff', 'back-off 5m0s'), lastState: ended('OOMKilled', 137) })) },
    [`${ON}: container loki waits: CrashLoopBackOff (back-off 5m0s)${AGAIN}`, OOM, 'its log ends: one | two'],
    'raise the memory limit of container loki in the values, commit, and resume: kubectl top pod -n monitoring loki-0 --containers',
  ],
  [
    'a crash',
    { pods: list(pod({ ...waits('CrashLoopBackOff'), lastState: ended('Error', 1) })) },
    [`${ON}: container loki waits: CrashLoopBackOff${AGAIN}`, 'container loki ended with exit code 1: Error', 'its log ends: one | two'],
    'mend what its log says: kubectl logs -n monitoring loki-0 -c loki --previous',
  ],
  [
    'a crash without a word',
    { pods: list(pod({ ...waits('CrashLoopBackOff'), lastState: ended('', 2) })) },
    [`${ON}: container loki waits: CrashLoopBackOff${AGAIN}`, 'container loki ended with exit code 2', 'its log ends: one | two'],
    'mend what its log says: kubectl logs -n monitoring loki-0 -c loki --previous',
  ],
  [
    'Ready between two kills',
    { sets: list(set(1)), pods: list(pod({ ready: true, restartCount: 2, lastState: ended('OOMKilled', 137, 59) }, isReady)) },
    [`${ON}: container loki restarted lately, 2 restarts`, OOM, 'its log ends: one | two'],
    'raise the memory limit of container loki in the values, commit, and resume: kubectl top pod -n monitoring loki-0 --containers',
  ],
  [
    'killed just now',
    { pods: list(pod({ state: ended('OOMKilled', 137, 0) })) },
    [`${ON}: container loki restarted lately, 0 restarts`, OOM, 'its log ends: one | two'],
    'raise the memory limit of container loki in the values, commit, and resume: kubectl top pod -n monitoring loki-0 --containers',
  ],
  [
    'no such image',
    { pods: list(pod(waits('ImagePullBackOff', 'ImagePullBackOff'))) },
    [`${ON}: container loki waits: ImagePullBackOff; it is tried again by the kubelet, doubled up to 5 min, for ever`],
    "see name and tag of the image in the values, and the registry's credentials (imagePullSecrets): kubectl describe pod -n monitoring loki-0",
  ],
  [
    'a Secret is missing',
    { pods: list(pod(waits('CreateContainerConfigError', 'secret "s3" not found'))) },
    [`${ON}: container loki waits: CreateContainerConfigError (secret "s3" not found)`],
    'make the Secret or ConfigMap that it names, with its key (kubectl get secret,externalsecret -n monitoring): kubectl describe pod -n monitoring loki-0',
  ],
  ['a reason that nobody knows', { pods: list(pod(waits('Dreaming'))) }, [`${ON}: container loki waits: Dreaming`], undefined],
  [
    'an init container',
    {
      pods: list(
        pod(waits('PodInitializing'), {
          initContainerStatuses: [{ name: 'chown', ...waits('CrashLoopBackOff'), lastState: ended('Error', 1) }],
        }),
      ),
    },
    [`${ON}: container chown waits: CrashLoopBackOff${AGAIN}`, 'container chown ended with exit code 1: Error', 'its log ends: one | two'],
    'mend what its log says: kubectl logs -n monitoring loki-0 -c chown --previous',
  ],
  [
    'the worst of its containers',
    {
      pods: list(
        pod(
          {},
          {
            containerStatuses: [
              { name: 'rules', ...waits('CreateContainerError') },
              { name: 'loki', ...waits('ErrImagePull') },
            ],
          },
        ),
      ),
    },
    [`${ON}: container loki waits: ErrImagePull; it is tried again by the kubelet, doubled up to 5 min, for ever`],
    "see name and tag of the image in the values, and the registry's credentials (imagePullSecrets): kubectl describe pod -n monitoring loki-0",
  ],
  [
    'no node, in the words of the scheduler',
    { pods: list(pod({}, { ...unscheduled, containerStatuses: [] })) },
    ['Pod monitoring/loki-0 finds no node: Unschedulable: 0/3 nodes are available: 3 Insufficient memory.'],
    'make room, or lift what keeps it off the nodes (requests, taints, selectors, claims): kubectl describe node',
  ],
  [
    'no node, for its claim has no class',
    {
      pods: list(pod({}, { ...unscheduled, containerStatuses: [] })),
      claims: list(claim('Pending')),
      events: list(event('PersistentVolumeClaim', 'storage-loki-0', 'ProvisioningFailed', 'storageclass.storage.k8s.io "ceph" not found')),
    },
    [
      'Pod monitoring/loki-0 finds no node: Unschedulable: 0/3 nodes are available: 3 Insufficient memory.',
      'PersistentVolumeClaim monitoring/storage-loki-0 is Pending',
      'ProvisioningFailed: storageclass.storage.k8s.io "ceph" not found',
    ],
    'name a StorageClass that exists in the values, or make one the default: kubectl get storageclass',
  ],
  [
    'its claim waits for a provisioner; an older event is not told',
    {
      pods: list(pod(waits('ContainerCreating'))),
      claims: list(claim('Pending')),
      events: list(
        event('PersistentVolumeClaim', 'storage-loki-0', 'ProvisioningFailed', 'no room', 9),
        event('PersistentVolumeClaim', 'storage-loki-0', 'ExternalProvisioning', 'Waiting for a volume to be created'),
        event('PersistentVolumeClaim', 'other', 'ProvisioningFailed', 'no', 0),
      ),
    },
    [
      `${ON}: container loki waits: ContainerCreating`,
      'PersistentVolumeClaim monitoring/storage-loki-0 is Pending',
      'ExternalProvisioning: Waiting for a volume to be created',
    ],
    'see whether the provisioner of its StorageClass runs and has room: kubectl describe pvc -n monitoring storage-loki-0',
  ],
  [
    'its claim is pending, and nobody says why',
    { pods: list(pod(waits('ContainerCreating'))), claims: list(claim('Pending')) },
    [`${ON}: container loki waits: ContainerCreating`, 'PersistentVolumeClaim monitoring/storage-loki-0 is Pending'],
    'kubectl describe pvc -n monitoring storage-loki-0',
  ],
  [
    'its claim is not there',
    { pods: list(pod(waits('ContainerCreating'))), claims: list() },
    [`${ON}: container loki waits: ContainerCreating`, 'PersistentVolumeClaim monitoring/storage-loki-0 is not there'],
    'kubectl describe pvc -n monitoring storage-loki-0',
  ],
  [
    "a volume can't be mounted",
    {
      pods: list(pod(waits('ContainerCreating'))),
      events: list(event('Pod', 'loki-0', 'FailedMount', 'configmap "loki" not found'), event('Pod', 'loki-0', 'Pulled', 'image', 0)),
    },
    [`${ON}: container loki waits: ContainerCreating`, 'FailedMount: configmap "loki" not found'],
    "make what can't be mounted (FailedMount tells it): kubectl describe pod -n monitoring loki-0",
  ],
  [
    'it runs, and is not ready',
    {
      pods: list(pod({}, { conditions: [says('Ready', 'False', 'ContainersNotReady')] })),
      events: list(event('Pod', 'loki-0', 'Unhealthy', 'Readiness probe failed: 503')),
    },
    [`${ON} is not ready`, 'Unhealthy: Readiness probe failed: 503', 'its log ends: one | two'],
    expect.stringContaining('see why it does not answer its probe') as unknown as string,
  ],
  [
    'evicted',
    { pods: list(pod({}, { phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource: memory.' })) },
    [`${ON} is Failed: Evicted: The node was low on resource: memory.`],
    'make room, or lift what keeps it off the nodes (requests, taints, selectors, claims): kubectl describe node',
  ],
  ['no pod was made, and nobody says why', { pods: list() }, [], undefined],
  [
    'pod security',
    {
      pods: list(),
      events: list(
        event(
          'StatefulSet',
          'loki',
          'FailedCreate',
          'pods "loki-0" is forbidden: violates PodSecurity "baseline:latest": hostPath volumes',
        ),
      ),
    },
    ['StatefulSet monitoring/loki: pods "loki-0" is forbidden: violates PodSecurity "baseline:latest": hostPath volumes'],
    'allow it in the namespace, in Git where that is: kubectl label namespace monitoring pod-security.kubernetes.io/enforce=privileged --overwrite',
  ],
  [
    'a quota',
    { pods: list(), events: list(event('StatefulSet', 'loki', 'FailedCreate', 'pods "loki-0" is forbidden: exceeded quota: small')) },
    ['StatefulSet monitoring/loki: pods "loki-0" is forbidden: exceeded quota: small'],
    'raise the quota, or ask for less in the values: kubectl describe resourcequota -n monitoring',
  ],
  [
    'another refusal',
    {
      pods: list(),
      events: list(
        event('StatefulSet', 'loki', 'FailedCreate', 'admission webhook denied it'),
        event('StatefulSet', 'other', 'FailedCreate', 'exceeded quota', 0),
      ),
    },
    ['StatefulSet monitoring/loki: admission webhook denied it'],
    'mend what refuses its pods: kubectl get events -n monitoring --field-selector reason=FailedCreate',
  ],
];

describe('from the workload to the log', () => {
  it.each(PODS)('%s', (_, answers, cause, remedy) => {
    const told = explain(whyPodsFail(pods), { ...WELL, sets: list(set(0)), lines: log('one', 'two'), ...answers });
    const first = answers.sets === undefined ? ['StatefulSet monitoring/loki: 0 of 1 ready'] : [];
    expect(told.cause).toEqual([...first, ...cause]);
    expect(told.remedy).toEqual(remedy);
  });

  it('an old refusal is not told once the pod is there', () => {
    const refused = list(event('StatefulSet', 'loki', 'FailedCreate', 'exceeded quota'));
    expect(explain(whyPodsFail(pods), { ...WELL, sets: list(set(1, 0)), events: refused }).cause).toEqual([
      'StatefulSet monitoring/loki: 1 of 1 ready, 0 updated',
    ]);
  });

  it.each([
    [
      'a DaemonSet',
      {
        daemons: list(daemons(2)),
        pods: list(pod(waits('ErrImagePull'), {}, { ownerReferences: [{ kind: 'DaemonSet', name: 'alloy' }] })),
      },
      'DaemonSet monitoring/alloy: 2 of 3 ready',
    ],
    [
      'a Deployment, by way of its ReplicaSet',
      {
        deployments: list(deployment(0)),
        pods: list(pod(waits('ErrImagePull'), {}, { ownerReferences: [{ kind: 'ReplicaSet', name: 'loki-gateway-7d9f' }] })),
      },
      'Deployment monitoring/loki-gateway: 0 of 1 ready',
    ],
    [
      'a Deployment that makes no pods',
      { pods: list(), deployments: list(deployment(0, [says('ReplicaFailure', 'True', 'FailedCreate', 'exceeded quota')])) },
      'Deployment monitoring/loki-gateway: 0 of 1 ready',
    ],
  ] as readonly [string, Answers, string][])('%s', (_, answers, first) => {
    const { cause } = explain(whyPodsFail(pods), { ...WELL, ...answers });
    expect(cause[0]).toBe(first);
    expect(cause[1]).toMatch(/ErrImagePull|Deployment monitoring\/loki-gateway: exceeded quota/);
  });

  it('of several troubles the one that waiting does not help is told', () => {
    const worse = pod({ ...waits('CrashLoopBackOff'), lastState: ended('Error', 1) }, {}, { name: 'loki-1' });
    const told = explain(whyPodsFail(pods), {
      ...WELL,
      sets: list(set(0)),
      deployments: list(deployment(0)),
      pods: list(pod(waits('CreateContainerError')), worse),
      lines: log(),
    });
    expect(told.cause[1]).toContain('Pod monitoring/loki-1');
  });

  it.each([
    ['ReplicaSet', 'loki-7d9f'],
    ['Job', 'loki-gateway-7d9f'],
    ['StatefulSet', 'loki-gateway'],
  ])('the pod of a %s %s is no other workload’s', (kind, name) => {
    const others = pod(waits('ErrImagePull'), {}, { ownerReferences: [{ kind, name }] });
    const { cause } = explain(whyPodsFail(pods), { ...WELL, sets: list(set(0)), deployments: list(deployment(0)), pods: list(others) });
    expect(cause).toEqual([expect.stringContaining('ErrImagePull')]);
  });

  it('the log of the container that is not ready is asked for, not that of one beside it', () => {
    const containerStatuses = [{ name: 'rules', ready: true }, { name: 'old', state: ended('Error', 1, 90) }, { name: 'loki' }];
    const { asked } = explain(whyPodsFail(pods), { ...WELL, pods: list(pod({}, { containerStatuses })), lines: log('one') });
    expect(asked.map(({ container }) => container)).toEqual(['loki']);
  });

  it('what could not be read is not taken for missing', () => {
    const { claims: _, events: __, ...readable } = WELL;
    const { cause } = explain(whyPodsFail(pods), { ...readable, sets: list(set(0)), pods: list(pod(waits('ContainerCreating'))) });
    expect(cause).toEqual(['StatefulSet monitoring/loki: 0 of 1 ready', `${ON}: container loki waits: ContainerCreating`]);
  });
});

describe('the log', () => {
  const crashed = { ...WELL, pods: list(pod({ ...waits('CrashLoopBackOff'), restartCount: 3, lastState: ended('Error', 1) })) };
  const place = { of: 'logs', namespace: 'monitoring', pod: 'loki-0', container: 'loki', tail: 5 };

  it('is that of the container before the restart', () =>
    expect(explain(whyPodsFail(pods), { ...crashed, lines: log('why') }).asked).toEqual([{ ...place, previous: true }]));

  it('else what it writes now', () => {
    const { asked, cause } = explain(whyPodsFail(pods), { ...crashed, lines: { of: 'logs', lines: undefined } });
    expect(asked).toEqual([{ ...place, previous: true }, place]);
    expect(cause.join()).not.toContain('log ends');
  });

  it('of one that never ran is not asked for', () =>
    expect(explain(whyPodsFail(pods), { ...WELL, pods: list(pod(waits('ErrImagePull'))) }).asked).toEqual([]));

  it('its permission is asked for before', () => {
    const permission = { verb: 'get', group: '', resource: 'pods/log', namespace: 'monitoring' };
    expect(whyPodsFail(pods).nextPermissions).toEqual([permission]);
    expect(whyNoLoki.nextPermissions).toEqual([permission]);
    expect(whyNotDelivered({ gitops: GITOPS, kustomization }).nextPermissions).toBeUndefined();
  });
});

it('explanations are total: whatever could be read is explained', () => {
  const answers = PODS.map(([, given]) => ({ ...WELL, lines: log('one'), ...given }));
  const property = fc.property(fc.constantFrom(...answers), fc.array(fc.gen(), { minLength: 1, maxLength: 3 }), (given, twists) => {
    const twisted = twists.reduce<Answers>((all, gen) => twistOne(all, gen), given);
    try {
      for (const line of explain(whyNoLoki, twisted).cause) expect(line.trim()).not.toBe('');
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
    }
  });
  fc.assert(property, { numRuns: 300 });
});
