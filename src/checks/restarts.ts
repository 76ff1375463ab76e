import { type Check, check } from '#model/check.ts';
import { nameOf, type ObjectRef } from '#model/kubernetes.ts';
import { failed, met, pending, type Verdict } from '#model/verdict.ts';
import { attemptBegan } from './flux-state.ts';
import { Flux, findCondition, Pod } from './objects.ts';
import { readList, readObject } from './reads.ts';

interface Watched {
  readonly id: string;
  readonly namespace: string;
  /** Labels of the pods. */
  readonly selector: string;
  /** What they are, in words: "Loki". */
  readonly what: string;
  /** The setting that gives them more memory. */
  readonly setting: string;
  /** What their pods come from. */
  readonly release: ObjectRef;
  /** The check that says that Flux has applied the newest commit: before it, pods are those of yesterday's values. */
  readonly after: string;
}

/** How long after a restart a container is not yet believed: Ready between two crashes is not quiet. */
const RECENT = 10 * 60_000;
const RECENT_OOM = 60 * 60_000;

/** No container was killed, restarts or hangs before its start: 124 restarts were once called done, because each look fell between two crashes. */
export const nothingRestarts = ({ id, namespace, selector, what, setting, release, after }: Watched): Check =>
  check({
    id,
    title: `No container of ${what} is killed or restarts`,
    holds: 'always',
    after: [after],
    reads: {
      pods: readList({ group: '', version: 'v1', resource: 'pods', namespace }, Pod, selector),
      found: readObject(release, Flux),
    },
    judge: ({ pods = [], found }, now) => {
      const since = found === undefined ? undefined : attemptBegan(found);
      const worst = pods
        .flatMap((pod) => troubleOf(pod, now, setting).map((verdict) => asOfBefore(verdict, pod, since, release)))
        .toSorted((a, b) => Number(b.state === 'failed') - Number(a.state === 'failed'))[0];
      if (worst !== undefined) return worst;
      if (pods.length === 0) return pending('there are no pods', [`no pod has the labels ${selector}`], 'nothing yet');
      const restarts = pods.flatMap(({ status }) => status.containerStatuses).reduce((sum, { restartCount }) => sum + restartCount, 0);
      return met(`${pods.length} ${pods.length === 1 ? 'pod' : 'pods'}, ${restarts} restarts, none of them lately`);
    },
  });

type Trouble = Exclude<Verdict, { state: 'met' }>;

function troubleOf(pod: Pod, now: Date, setting: string): Trouble[] {
  const name = `Pod ${pod.metadata.namespace}/${pod.metadata.name}`;
  const events = `kubectl describe pod -n ${pod.metadata.namespace} ${pod.metadata.name}`;
  const scheduled = findCondition(pod.status.conditions, 'PodScheduled');
  if (scheduled?.status === 'False') return [pending(`${name} finds no node: ${scheduled.reason}`, [scheduled.message], events)];
  return pod.status.containerStatuses.flatMap((container) => {
    const last = container.state.terminated ?? container.lastState.terminated;
    const age = last?.finishedAt === undefined ? 0 : now.getTime() - Date.parse(last.finishedAt);
    const logs = `kubectl logs -n ${pod.metadata.namespace} ${pod.metadata.name} -c ${container.name} --previous`;
    const times = `${container.restartCount} restarts`;
    if (last?.reason === 'OOMKilled' && age < RECENT_OOM) {
      const memory = pod.spec.containers.find((one) => one.name === container.name)?.resources.limits.memory;
      return [
        failed(
          `${name}: container ${container.name} was OOMKilled, ${times}`,
          [
            `${name} is not stable`,
            `container ${container.name} was killed with exit code ${last.exitCode}: OOMKilled`,
            `its memory limit is ${memory ?? 'not set'}`,
          ],
          `raise ${setting}, commit, and resume; ${logs} shows what it did`,
        ),
      ];
    }
    const waiting = container.state.waiting;
    if (waiting?.reason === 'CrashLoopBackOff' || waiting?.reason === 'ImagePullBackOff' || waiting?.reason === 'ErrImagePull') {
      return [
        failed(
          `${name}: container ${container.name} is in ${waiting.reason}, ${times}`,
          [waiting.message || waiting.reason, ...(last === undefined ? [] : [`it ended with exit code ${last.exitCode}: ${last.reason}`])],
          logs,
        ),
      ];
    }
    if (waiting?.reason === 'CreateContainerConfigError' || waiting?.reason === 'ContainerCreating')
      return [
        pending(
          `${name}: container ${container.name} is not created yet: ${waiting.reason}`,
          [waiting.message],
          `${events} shows whether a Secret or ConfigMap that it names is missing, or a volume can't be mounted (FailedMount)`,
        ),
      ];
    if (container.restartCount > 0 && last !== undefined && age < RECENT) {
      return [
        pending(
          `${name}: container ${container.name} restarted ${Math.round(age / 1000)} s ago, ${times}`,
          [`it ended with exit code ${last.exitCode}: ${last.reason}`],
          logs,
        ),
      ];
    }
    return [];
  });
}

/** A pod that stays is by then one of the newest attempt, too; milliseconds. */
const GRACE = 5_000;

/** Trouble from before the newest attempt is what that may mend: it can't be called hopeless yet. */
function asOfBefore(verdict: Trouble, pod: Pod, since: Date | undefined, release: ObjectRef): Trouble {
  if (verdict.state !== 'failed' || since === undefined) return verdict;
  if (Date.parse(pod.metadata.creationTimestamp ?? '') >= since.getTime()) return verdict;
  const ends = pod.status.containerStatuses.map(({ state, lastState }) => (state.terminated ?? lastState.terminated)?.finishedAt ?? '');
  const newest = Math.max(...ends.map((at) => Date.parse(at) || 0));
  if (newest > since.getTime() + GRACE) return verdict;
  const saw = `${verdict.saw}; ${nameOf(release)} is at work on newer values`;
  return pending(saw, verdict.cause, verdict.remedy);
}
