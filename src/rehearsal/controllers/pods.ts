import type { Manifest } from '#model/kubernetes.ts';
import { refOf } from '#model/kubernetes.ts';
import { timestamp } from '../api/store.ts';
import { refusalOf } from '../services/loki-start.ts';
import { dataOf, parseQuantity, specOf, statusOf, type Tree } from '../tree.ts';
import type { World } from '../world.ts';
import { conditions, find } from './apply.ts';
import { archiveClaim } from './archive.ts';
import { recordEvent } from './events.ts';
import { printedLines, writeLog } from './logs.ts';
import { nodesOf, whyUnschedulable } from './scheduler.ts';
import { isWithdrawn } from './withdrawn.ts';

/** What a container needs in order to stay alive, by its name; a lower limit gets it killed. */
const MEMORY_NEEDS: Readonly<Record<string, string>> = { loki: '300Mi', alloy: '120Mi', memcached: '64Mi' };

/** The kubelet's longest back-off between two restarts; milliseconds. */
const BACK_OFF = 300_000;

/** Plays scheduler and kubelet. A pod takes a step each time it is looked at: pending, running, ready. */
export function reconcilePods(world: World): void {
  for (const pod of world.store.list('v1', 'Pod')) {
    const { phase } = statusOf(pod);
    if (phase === 'Succeeded') continue;
    const unschedulable = whyUnschedulable(world, pod);
    if (unschedulable !== undefined) {
      recordEvent(world, pod, 'FailedScheduling', unschedulable);
      const scheduled = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: unschedulable } as const;
      world.store.setStatus(refOf(pod), { phase: 'Pending', conditions: conditions(world, pod, [scheduled]) });
      continue;
    }
    const scheduled = specOf(pod).nodeName ? pod : world.store.put({ ...pod, spec: { ...specOf(pod), nodeName: nodesOf(world)[0] } });
    world.store.setStatus(refOf(pod), nextStatus(world, scheduled));
  }
}

function nextStatus(world: World, pod: Manifest): Tree {
  const containers: Tree[] = specOf(pod).containers;
  const missing = missingVolume(world, pod);
  if (statusOf(pod).phase === undefined || missing !== undefined || isStarting(world, pod)) {
    const state = { waiting: { reason: 'ContainerCreating', message: missing ?? '' } };
    const states = containers.map((container) => stateOf(pod, container, { state }));
    return report(world, pod, 'Pending', states);
  }
  const unfit = containers.some((container) => missingSecret(world, pod, container) !== undefined);
  if (!unfit && runsOnce(pod)) return runOnce(world, pod);
  const states = containers.map((container) => nextState(world, pod, container));
  return report(world, pod, unfit ? 'Pending' : 'Running', states);
}

function isStarting(world: World, pod: Manifest): boolean {
  const { phase, startTime } = statusOf(pod);
  return phase === 'Pending' && world.now().getTime() - Date.parse(startTime) < (world.startTime?.(pod) ?? 0);
}

function nextState(world: World, pod: Manifest, container: Tree): Tree {
  const before = previousState(pod, container);
  const message = missingSecret(world, pod, container);
  if (message !== undefined) return stateOf(pod, container, { state: { waiting: { reason: 'CreateContainerConfigError', message } } });
  const limit = container.resources?.limits?.memory;
  if (limit !== undefined && parseQuantity(limit) < parseQuantity(MEMORY_NEEDS[container.name] ?? '16Mi'))
    return endedState(world, pod, container, { reason: 'OOMKilled', exitCode: 137 });
  if (before?.state.running !== undefined) return stateOf(pod, container, { state: before.state, started: true, ready: true });
  if (isWithdrawn(world, container.image)) {
    const what = `Back-off pulling image "${container.image}"`;
    recordEvent(world, pod, 'Failed', `Failed to pull image "${container.image}": not found`);
    const pull = `${what}: ErrImagePull: failed to pull and unpack image "${container.image}": failed to resolve reference: not found`;
    return stateOf(pod, container, { state: { waiting: { reason: 'ImagePullBackOff', message: pull } } });
  }
  const refusal = container.name === 'loki' ? refusalOf(world, pod) : undefined;
  if (refusal !== undefined) return endedState(world, pod, container, { reason: 'Error', exitCode: 1 }, refusal);
  const startedAt = timestamp(world.now());
  writeLog(world, pod, container.name, `level=info ts=${startedAt} msg="container started" image=${container.image}`);
  return stateOf(pod, container, { state: { running: { startedAt } }, started: true });
}

/** It ends once at once, and then whenever the back-off is over; `says` are its last words. */
function endedState(world: World, pod: Manifest, container: Tree, end: { reason: string; exitCode: number }, says?: string): Tree {
  const age = world.now().getTime() - Date.parse(statusOf(pod).startTime);
  const restartCount = 1 + Math.floor(age / BACK_OFF);
  const before = previousState(pod, container);
  const message = `back-off 5m0s restarting failed container=${container.name} pod=${pod.metadata.name}`;
  const terminated = { ...end, finishedAt: timestamp(world.now()) };
  const isNew = before?.restartCount !== restartCount;
  if (isNew) writeLog(world, pod, container.name, says ?? `level=info ts=${terminated.finishedAt} msg="starting" image=${container.image}`);
  recordEvent(world, pod, 'BackOff', `Back-off restarting failed container ${container.name} in pod ${pod.metadata.name}`);
  const lastState = isNew ? { terminated } : before.lastState;
  return stateOf(pod, container, { state: { waiting: { reason: 'CrashLoopBackOff', message } }, lastState, restartCount });
}

function runsOnce(pod: Manifest): boolean {
  const [owner] = (pod.metadata.ownerReferences ?? []) as Tree[];
  return specOf(pod).containers[0].command?.[0] === 'printf' || owner?.kind === 'Job';
}

function runOnce(world: World, pod: Manifest): Tree {
  const [container] = specOf(pod).containers;
  if (container.command?.[0] === 'printf') for (const line of printedLines(container)) writeLog(world, pod, container.name, line);
  archiveClaim(world, pod);
  const terminated = { exitCode: 0, reason: 'Completed', finishedAt: timestamp(world.now()) };
  return report(world, pod, 'Succeeded', [stateOf(pod, container, { state: { terminated } })]);
}

function report(world: World, pod: Manifest, phase: string, containerStatuses: readonly Tree[]): Tree {
  const unready = containerStatuses.filter((container) => !container.ready).map(({ name }) => name);
  const message = `containers with unready status: [${unready.join(' ')}]`;
  const readiness =
    unready.length === 0
      ? ({ status: 'True', reason: '' } as const)
      : ({ status: 'False', reason: phase === 'Succeeded' ? 'PodCompleted' : 'ContainersNotReady', message } as const);
  return {
    phase,
    startTime: statusOf(pod).startTime ?? timestamp(world.now()),
    conditions: conditions(world, pod, [
      { type: 'PodScheduled', status: 'True', reason: '' },
      { type: 'ContainersReady', ...readiness },
      { type: 'Ready', ...readiness },
    ]),
    containerStatuses,
  };
}

function stateOf(pod: Manifest, container: Tree, now: Tree): Tree {
  const { restartCount = 0, lastState = {} } = previousState(pod, container) ?? {};
  const { name, image } = container;
  return { name, image, imageID: '', ready: false, started: false, restartCount, lastState, ...now };
}

function previousState(pod: Manifest, container: Tree): Tree {
  return statusOf(pod).containerStatuses?.find(({ name }: Tree) => name === container.name);
}

function missingVolume(world: World, pod: Manifest): string | undefined {
  const { namespace } = pod.metadata;
  for (const { name, configMap, persistentVolumeClaim } of specOf(pod).volumes ?? []) {
    if (configMap && !find(world, 'v1', 'ConfigMap', namespace, configMap.name))
      return `MountVolume.SetUp failed for volume "${name}" : configmap "${configMap.name}" not found`;
    const claim = persistentVolumeClaim && find(world, 'v1', 'PersistentVolumeClaim', namespace, persistentVolumeClaim.claimName);
    if (persistentVolumeClaim && statusOf(claim).phase !== 'Bound') return 'pod has unbound immediate PersistentVolumeClaims';
  }
  return undefined;
}

function missingSecret(world: World, pod: Manifest, container: Tree): string | undefined {
  const { namespace } = pod.metadata;
  for (const { valueFrom } of container.env ?? []) {
    const reference = valueFrom?.secretKeyRef;
    const source = reference && find(world, 'v1', 'Secret', namespace, reference.name);
    if (reference && source === undefined) return `secret "${reference.name}" not found`;
    if (reference && dataOf(source)[reference.key] === undefined)
      return `couldn't find key ${reference.key} in Secret ${namespace}/${reference.name}`;
  }
  return undefined;
}
