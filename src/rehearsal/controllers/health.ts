import { type Manifest, nameOf, refOf } from '#model/kubernetes.ts';
import { specOf, statusOf } from '../tree.ts';
import { conditionOf, isReady } from './apply.ts';

export type Health = 'Current' | 'InProgress' | 'Failed';

/** How Flux's health checks see an object (kstatus): what has no conditions and no rule of its own is current. */
export function healthOf(object: Manifest): Health {
  const status = statusOf(object);
  if (object.kind === 'PersistentVolumeClaim') return status.phase === 'Bound' ? 'Current' : 'InProgress';
  if (object.kind === 'Job') return conditionOf(object, 'Failed') ? 'Failed' : conditionOf(object, 'Complete') ? 'Current' : 'InProgress';
  if (object.kind === 'Pod') return status.phase === 'Succeeded' || isReady(object) ? 'Current' : 'InProgress';
  if (object.apiVersion === 'apps/v1') return workloadHealth(object);
  if (conditionOf(object, 'Stalled')?.status === 'True') return 'Failed';
  const reports = /toolkit\.fluxcd\.io|external-secrets\.io/.test(object.apiVersion) && specOf(object).type !== 'oci';
  return !reports || isReady(object) ? 'Current' : 'InProgress';
}

/** "StatefulSet/monitoring/loki status: 'InProgress'": how Flux names what is not healthy. */
export function describeHealth(object: Manifest): string {
  return `${nameOf(refOf(object)).replace(' ', '/')} status: '${healthOf(object)}'`;
}

function workloadHealth(workload: Manifest): Health {
  const status = statusOf(workload);
  if (status.observedGeneration !== workload.metadata.generation) return 'InProgress';
  if (conditionOf(workload, 'Progressing')?.reason === 'ProgressDeadlineExceeded') return 'Failed';
  const wanted = workload.kind === 'DaemonSet' ? status.desiredNumberScheduled : (specOf(workload).replicas ?? 1);
  const available = workload.kind === 'DaemonSet' ? status.numberAvailable : status.availableReplicas;
  const settled = workload.kind !== 'StatefulSet' || status.currentRevision === status.updateRevision;
  return available === wanted && settled ? 'Current' : 'InProgress';
}
