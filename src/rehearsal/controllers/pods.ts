import type { Manifest } from '#model/kubernetes.ts';
import { refOf } from '#model/kubernetes.ts';
import { dataOf, parseQuantity, specOf, statusOf, type Tree } from '../tree.ts';
import type { World } from '../world.ts';
import { conditions, find, timeOf } from './apply.ts';
import { archiveClaim } from './archive.ts';
import { writeLog } from './logs.ts';

/** What a container needs in order to stay alive, by its name; a lower limit gets it killed. */
const MEMORY_NEEDS: Readonly<Record<string, string>> = { loki: '300Mi', alloy: '120Mi', memcached: '64Mi' };

/** The kubelet's back-off: 10 s, doubled each time, never above five minutes. */
const BACK_OFF = [10, 20, 40, 80, 160, 300];

/** Nodes that take a pod with these tolerations. */
export function schedulableNodes(world: World, tolerations: readonly Tree[]): string[] {
  const tolerates = (taint: Tree) =>
    tolerations.some(({ key, operator }) => (key === undefined && operator === 'Exists') || key === taint.key);
  const nodes = world.store.list('v1', 'Node').filter((node) => {
    const { taints = [], unschedulable = false } = specOf(node);
    return !unschedulable && taints.every((taint: Tree) => taint.effect === 'PreferNoSchedule' || tolerates(taint));
  });
  return nodes.map(({ metadata }) => metadata.name);
}

/** Plays scheduler and kubelet. A pod takes a step each time it is looked at: pending, running, ready. */
export function reconcilePods(world: World): void {
  for (const pod of world.store.list('v1', 'Pod')) {
    const { phase } = statusOf(pod);
    if (phase !== 'Succeeded' && phase !== 'Failed') world.store.setStatus(refOf(pod), nextStatus(world, pod));
  }
}

function nextStatus(world: World, pod: Manifest): Tree {
  const unbound = unboundClaim(world, pod);
  if (unbound !== undefined) {
    const condition = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: unbound } as const;
    return { phase: 'Pending', conditions: conditions(world, pod, [condition]) };
  }
  if (specOf(pod).nodeName === undefined) world.store.put({ ...pod, spec: { ...specOf(pod), nodeName: schedulableNodes(world, [])[0] } });
  const before = statusOf(pod);
  const missing = missingVolume(world, pod);
  const containers: Tree[] = specOf(pod).containers;
  if (before.phase === undefined || missing !== undefined) {
    const waiting = { reason: 'ContainerCreating', ...(missing === undefined ? {} : { message: missing }) };
    return report(
      world,
      pod,
      'Pending',
      containers.map((container) => stateOf(pod, container, { state: { waiting } })),
    );
  }
  if (runsOnce(pod) && containers.every((container) => missingEnvironment(world, pod, container) === undefined)) return runOnce(world, pod);
  const states = containers.map((container) => nextState(world, pod, container));
  return report(
    world,
    pod,
    states.some(({ state }) => state.waiting?.reason === 'CreateContainerConfigError') ? 'Pending' : 'Running',
    states,
  );
}

function nextState(world: World, pod: Manifest, container: Tree): Tree {
  const before = previousState(pod, container);
  const missing = missingEnvironment(world, pod, container);
  if (missing !== undefined)
    return stateOf(pod, container, { state: { waiting: { reason: 'CreateContainerConfigError', message: missing } } });
  const limit = container.resources?.limits?.memory;
  if (limit !== undefined && parseQuantity(limit) < parseQuantity(MEMORY_NEEDS[container.name] ?? '16Mi'))
    return killedState(world, pod, container);
  if (before?.state?.running === undefined) {
    writeLog(world, pod, container.name, `level=info ts=${world.now().toISOString()} msg="container started" image=${container.image}`);
    return stateOf(pod, container, { state: { running: { startedAt: timeOf(world) } }, started: true });
  }
  return stateOf(pod, container, { state: before.state, started: true, ready: true });
}

function killedState(world: World, pod: Manifest, container: Tree): Tree {
  const since = Date.parse(statusOf(pod).startTime ?? timeOf(world));
  const age = (world.now().getTime() - since) / 1000;
  let restartCount = 1;
  for (let at = 0; at + (BACK_OFF[Math.min(restartCount, 6) - 1] as number) <= age && restartCount < 10_000; restartCount += 1) {
    at += BACK_OFF[Math.min(restartCount, 6) - 1] as number;
  }
  const message = `back-off ${BACK_OFF[Math.min(restartCount, 6) - 1]}s restarting failed container=${container.name} pod=${pod.metadata.name}_${pod.metadata.namespace}`;
  const at = timeOf(world);
  const before = previousState(pod, container);
  const terminated = { reason: 'OOMKilled', exitCode: 137, startedAt: at, finishedAt: at };
  const lastState = before?.restartCount === restartCount ? before.lastState : { terminated };
  return stateOf(pod, container, { state: { waiting: { reason: 'CrashLoopBackOff', message } }, lastState, restartCount });
}

function runsOnce(pod: Manifest): boolean {
  return specOf(pod).containers[0].command?.[0] === 'printf' || ((pod.metadata.ownerReferences ?? []) as Tree[])[0]?.kind === 'Job';
}

function runOnce(world: World, pod: Manifest): Tree {
  const [container] = specOf(pod).containers;
  if (container.command?.[0] === 'printf') for (const line of container.args ?? []) writeLog(world, pod, container.name, line);
  const failure = archiveClaim(world, pod);
  if (failure !== undefined) writeLog(world, pod, container.name, failure);
  const at = timeOf(world);
  const terminated = {
    exitCode: failure === undefined ? 0 : 1,
    reason: failure === undefined ? 'Completed' : 'Error',
    startedAt: at,
    finishedAt: at,
  };
  return report(world, pod, failure === undefined ? 'Succeeded' : 'Failed', [stateOf(pod, container, { state: { terminated } })]);
}

function report(world: World, pod: Manifest, phase: string, containerStatuses: readonly Tree[]): Tree {
  const ready = containerStatuses.every((container) => container.ready);
  const done = phase === 'Succeeded' ? { reason: 'PodCompleted' } : {};
  const unready = containerStatuses.filter((container) => !container.ready).map(({ name }) => name);
  const readiness = ready
    ? ({ status: 'True', reason: '' } as const)
    : ({
        status: 'False',
        reason: 'ContainersNotReady',
        message: `containers with unready status: [${unready.join(' ')}]`,
        ...done,
      } as const);
  return {
    phase,
    startTime: statusOf(pod).startTime ?? timeOf(world),
    conditions: conditions(world, pod, [
      { type: 'PodScheduled', status: 'True', reason: '' },
      { type: 'Initialized', status: 'True', reason: '' },
      { type: 'ContainersReady', ...readiness },
      { type: 'Ready', ...readiness },
    ]),
    containerStatuses,
  };
}

function stateOf(pod: Manifest, container: Tree, now: Tree): Tree {
  const before = previousState(pod, container);
  const { name, image } = container;
  return {
    name,
    image,
    imageID: '',
    ready: false,
    started: false,
    restartCount: before?.restartCount ?? 0,
    lastState: before?.lastState ?? {},
    ...now,
  };
}

function previousState(pod: Manifest, container: Tree): Tree {
  return statusOf(pod).containerStatuses?.find(({ name }: Tree) => name === container.name);
}

function unboundClaim(world: World, pod: Manifest): string | undefined {
  for (const { persistentVolumeClaim } of specOf(pod).volumes ?? []) {
    if (persistentVolumeClaim === undefined) continue;
    const claim = find(world, 'v1', 'PersistentVolumeClaim', pod.metadata.namespace, persistentVolumeClaim.claimName);
    if (claim === undefined) return `0/3 nodes are available: persistentvolumeclaim "${persistentVolumeClaim.claimName}" not found.`;
    if (statusOf(claim).phase !== 'Bound') return '0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims.';
  }
  return undefined;
}

function missingVolume(world: World, pod: Manifest): string | undefined {
  for (const { name, configMap, secret } of specOf(pod).volumes ?? []) {
    const [kind, wanted] = configMap === undefined ? ['Secret', secret?.secretName] : ['ConfigMap', configMap.name];
    const source = configMap ?? secret;
    if (source === undefined || source.optional || find(world, 'v1', kind as string, pod.metadata.namespace, wanted) !== undefined)
      continue;
    return `MountVolume.SetUp failed for volume "${name}" : ${(kind as string).toLowerCase()} "${wanted}" not found`;
  }
  return undefined;
}

function missingEnvironment(world: World, pod: Manifest, container: Tree): string | undefined {
  const { namespace } = pod.metadata;
  for (const { valueFrom } of container.env ?? []) {
    const reference = valueFrom?.secretKeyRef ?? valueFrom?.configMapKeyRef;
    if (reference === undefined || reference.optional) continue;
    const kind = valueFrom.secretKeyRef === undefined ? 'ConfigMap' : 'Secret';
    const source = find(world, 'v1', kind, namespace, reference.name);
    if (source === undefined) return `${kind.toLowerCase()} "${reference.name}" not found`;
    if (dataOf(source)[reference.key] === undefined) return `couldn't find key ${reference.key} in ${kind} ${namespace}/${reference.name}`;
  }
  return undefined;
}
