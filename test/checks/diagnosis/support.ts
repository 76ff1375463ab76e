import { whyNotDelivered } from '#checks/diagnosis.ts';
import type { Diagnosis, Explanation } from '#model/check.ts';
import type { Answer, LogsRequest, Read } from '#model/read.ts';
import { type Answers, GITOPS, list, minutesAgo, NOW, object } from '../support.ts';

export const TIP = 'c0ffee1234567890c0ffee1234567890c0ffee12';
export const REVISION = `main@sha1:${TIP}`;
export const OLD = 'main@sha1:0000000000000000000000000000000000000000';
export const says = (type: string, status: string, reason: string, message = '') => ({ type, status, reason, message });
export const ready = says('Ready', 'True', 'ReconciliationSucceeded');
export const flux = (status: Record<string, unknown>, rest: Record<string, unknown> = {}): Answer =>
  object({ generation: 2, status: { observedGeneration: 2, conditions: [ready], ...status }, ...rest });

const RELEASE = { apiVersion: 'helm.toolkit.fluxcd.io/v2', kind: 'HelmRelease', namespace: 'monitoring', name: 'loki' };
const SECRET = { apiVersion: 'external-secrets.io/v1', kind: 'ExternalSecret', namespace: 'monitoring', name: 's3' };
export const kustomization = {
  apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
  kind: 'Kustomization',
  namespace: 'flux-system',
  name: 'loki',
};
export const pods = { namespace: 'monitoring', selector: 'app.kubernetes.io/instance=loki' };
export const whyNoLoki = whyNotDelivered({ gitops: GITOPS, kustomization, objects: [SECRET, RELEASE], pods });

const template = { spec: { containers: [] } };
export const set = (ready: number, updated = 1) => ({
  name: 'loki',
  spec: { replicas: 1, template },
  status: { readyReplicas: ready, updatedReplicas: updated },
});
export const deployment = (available: number, conditions: readonly object[] = []) => ({
  name: 'loki-gateway',
  spec: { replicas: 1, template },
  status: { availableReplicas: available, updatedReplicas: 1, conditions },
});
export const daemons = (available: number) => ({
  name: 'alloy',
  status: { desiredNumberScheduled: 3, updatedNumberScheduled: 3, numberAvailable: available },
});
export const pod = (container: Record<string, unknown>, status: Record<string, unknown> = {}, rest: Record<string, unknown> = {}) => ({
  name: 'loki-0',
  ownerReferences: [{ kind: 'StatefulSet', name: 'loki' }],
  spec: { nodeName: 'k8s-2', containers: [{ name: 'loki', resources: { limits: { memory: '256Mi' } } }], volumes: [CLAIMED] },
  status: { phase: 'Running', containerStatuses: [{ name: 'loki', restartCount: 0, state: { running: {} }, ...container }], ...status },
  ...rest,
});
const CLAIMED = { persistentVolumeClaim: { claimName: 'storage-loki-0' } };
export const isReady = { conditions: [says('Ready', 'True', '')] };
export const claim = (phase: string) => ({ name: 'storage-loki-0', spec: {}, status: { phase } });
export const event = (kind: string, name: string, reason: string, message: string, minutes = 1) => ({
  name: `${name}.${reason}.${minutes}`,
  involvedObject: { kind, name },
  ...{ reason, message, lastTimestamp: minutesAgo(minutes) },
});
export const ended = (reason: string, exitCode: number, minutes = 2) => ({
  terminated: { reason, exitCode, finishedAt: minutesAgo(minutes) },
});
export const waits = (reason: string, message = '') => ({ state: { waiting: { reason, message } } });
export const unscheduled = {
  conditions: [says('PodScheduled', 'False', 'Unschedulable', '0/3 nodes are available: 3 Insufficient memory.')],
};
export const log = (...lines: readonly string[]): Answer => ({ of: 'logs', lines });

export const WELL: Answers = {
  remote: { of: 'remote', remote: 'origin', branch: 'main', tip: TIP },
  source: flux({ artifact: { revision: REVISION } }),
  parent: flux({}),
  kustomization: flux({ lastAppliedRevision: REVISION }),
  'ExternalSecret monitoring/s3': object({ generation: 1, status: { conditions: [ready] } }),
  'HelmRelease monitoring/loki': flux({}),
  sets: list(set(1)),
  deployments: list(deployment(1)),
  daemons: list(daemons(3)),
  pods: list(pod({ ready: true }, isReady)),
  claims: list(claim('Bound')),
  events: list(),
};
export const RELEASE_IS = 'HelmRelease monitoring/loki';

export interface Told {
  readonly cause: readonly string[];
  readonly remedy?: string | undefined;
  readonly asked: readonly LogsRequest[];
}

/** As the engine does: stage after stage, what has no answer is missing. */
export function explain(first: Diagnosis, answers: Answers): Told {
  const cause: string[] = [];
  const asked: LogsRequest[] = [];
  let remedy: string | undefined;
  for (let stage: Diagnosis | undefined = first; stage !== undefined; ) {
    const reads = Object.entries(stage.reads as Record<string, Read<unknown>>).filter(([name]) => answers[name] !== undefined);
    for (const [, { request }] of reads) if (request.of === 'logs') asked.push(request);
    const seen = Object.fromEntries(reads.map(([name, read]) => [name, read.decode(answers[name] as Answer)]));
    const explanation: Explanation = stage.explain(seen, NOW);
    cause.push(...explanation.cause);
    remedy = explanation.remedy ?? remedy;
    stage = asked.length > 2 ? undefined : explanation.next;
  }
  return { cause, remedy, asked };
}
