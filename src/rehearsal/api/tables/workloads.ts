import type { Manifest } from '#model/kubernetes.ts';
import { specOf, statusOf, type Tree } from '../../tree.ts';
import { AGE, type Column, formatAge, formatDuration, formatLabels, integer, NAME, text, wide } from './column.ts';

const CONTAINERS = wide(text('Containers', (workload) => joinContainers(workload, 'name')));
const IMAGES = wide(text('Images', (workload) => joinContainers(workload, 'image')));
const SELECTOR = wide(text('Selector', (workload) => formatLabels(specOf(workload).selector?.matchLabels)));

/** By resource; as in pkg/printers/internalversion of Kubernetes. */
export const WORKLOADS: Readonly<Record<string, readonly Column[]>> = {
  pods: [
    NAME,
    text('Ready', (pod) => `${containersOf(pod).filter(isRunning).length}/${specOf(pod).containers.length}`),
    text('Status', reasonOf),
    text('Restarts', formatRestarts),
    AGE,
    wide(text('IP', (pod) => statusOf(pod).podIP ?? '<none>')),
    wide(text('Node', (pod) => specOf(pod).nodeName ?? '<none>')),
    wide(text('Nominated Node', (pod) => statusOf(pod).nominatedNodeName ?? '<none>')),
    wide(text('Readiness Gates', () => '<none>')),
  ],
  deployments: [
    NAME,
    text('Ready', formatReplicas),
    text('Up-to-date', (deployment) => statusOf(deployment).updatedReplicas ?? 0),
    text('Available', (deployment) => statusOf(deployment).availableReplicas ?? 0),
    AGE,
    CONTAINERS,
    IMAGES,
    SELECTOR,
  ],
  statefulsets: [NAME, text('Ready', formatReplicas), AGE, CONTAINERS, IMAGES],
  daemonsets: [
    NAME,
    integer('Desired', (daemonSet) => statusOf(daemonSet).desiredNumberScheduled ?? 0),
    integer('Current', (daemonSet) => statusOf(daemonSet).currentNumberScheduled ?? 0),
    integer('Ready', (daemonSet) => statusOf(daemonSet).numberReady ?? 0),
    integer('Up-to-date', (daemonSet) => statusOf(daemonSet).updatedNumberScheduled ?? 0),
    integer('Available', (daemonSet) => statusOf(daemonSet).numberAvailable ?? 0),
    text('Node Selector', (daemonSet) => formatLabels(specOf(daemonSet).template.spec.nodeSelector)),
    AGE,
    CONTAINERS,
    IMAGES,
    SELECTOR,
  ],
  jobs: [
    NAME,
    text('Status', (job) => ['Complete', 'Failed'].find((type) => hasCondition(job, type)) ?? 'Running'),
    text('Completions', (job) => `${statusOf(job).succeeded ?? 0}/${specOf(job).completions ?? 1}`),
    text('Duration', formatRun),
    AGE,
    CONTAINERS,
    IMAGES,
    SELECTOR,
  ],
};

function joinContainers(workload: Manifest, field: string): string {
  return specOf(workload)
    .template.spec.containers.map((container: Tree) => container[field])
    .join(',');
}

function formatReplicas(workload: Manifest): string {
  return `${statusOf(workload).readyReplicas ?? 0}/${specOf(workload).replicas ?? 1}`;
}

function containersOf(pod: Manifest): readonly Tree[] {
  return statusOf(pod).containerStatuses ?? [];
}

function isRunning({ ready, state }: Tree): boolean {
  return ready && state.running !== undefined;
}

/** What kubectl shows as the status of a pod: why the first of its containers that don't run does not, else the phase. */
function reasonOf(pod: Manifest): string {
  if (pod.metadata.deletionTimestamp !== undefined) return 'Terminating';
  const reasons = containersOf(pod).flatMap(({ state: { waiting, terminated } = {} as Tree }) => {
    if (waiting?.reason) return [waiting.reason];
    return terminated ? [terminated.reason || `ExitCode:${terminated.exitCode}`] : [];
  });
  const reason = reasons[0] ?? statusOf(pod).reason ?? statusOf(pod).phase ?? 'Pending';
  if (reason !== 'Completed' || !containersOf(pod).some(isRunning)) return reason;
  return hasCondition(pod, 'Ready') ? 'Running' : 'NotReady';
}

function formatRestarts(pod: Manifest, now: Date): string {
  const restarts = containersOf(pod).reduce((sum, { restartCount = 0 }) => sum + restartCount, 0);
  const ends = containersOf(pod).map(({ lastState }) => lastState?.terminated?.finishedAt);
  const last = ends.filter(Boolean).sort().at(-1);
  return restarts === 0 || last === undefined ? String(restarts) : `${restarts} (${formatAge(last, now)} ago)`;
}

function formatRun(job: Manifest, now: Date): string {
  const { startTime, completionTime = now.toISOString() } = statusOf(job);
  return startTime === undefined ? '' : formatDuration(Date.parse(completionTime) - Date.parse(startTime));
}

function hasCondition(object: Manifest, wanted: string): boolean {
  return statusOf(object).conditions?.some(({ type, status }: Tree) => type === wanted && status === 'True') ?? false;
}
