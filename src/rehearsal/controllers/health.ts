import { type Manifest, nameOf, refOf } from '#model/kubernetes.ts';
import { specOf, statusOf } from '../tree.ts';
import { conditionOf, isReady } from './apply.ts';

export type Health = 'Current' | 'InProgress' | 'Failed';

/** How Flux's health checks see an object (kstatus): what has no conditions and no rule of its own is current. */
export function healthOf(object: Manifest): Health {
  if (object.apiVersion === 'apps/v1') return isRolledOut(object) ? 'Current' : 'InProgress';
  const isObserved = statusOf(object).observedGeneration === object.metadata.generation;
  if (isObserved && conditionOf(object, 'Stalled')?.status === 'True') return 'Failed';
  const reports = /toolkit\.fluxcd\.io|external-secrets\.io/.test(object.apiVersion);
  return !reports || isReady(object) ? 'Current' : 'InProgress';
}

/** "StatefulSet/monitoring/loki status: 'InProgress'": how Flux names what is not healthy. */
export function describeHealth(object: Manifest): string {
  return `${nameOf(refOf(object)).replace(' ', '/')} status: '${healthOf(object)}'`;
}

function isRolledOut(workload: Manifest): boolean {
  const { observedGeneration, desiredNumberScheduled, numberAvailable, availableReplicas } = statusOf(workload);
  const wanted = desiredNumberScheduled ?? specOf(workload).replicas ?? 1;
  return observedGeneration === workload.metadata.generation && (numberAvailable ?? availableReplicas) === wanted;
}
