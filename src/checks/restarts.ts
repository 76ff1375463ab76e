import { type Check, check } from '#model/check.ts';
import { nameOf, type ObjectRef } from '#model/kubernetes.ts';
import { failed, met, pending, type Verdict } from '#model/verdict.ts';
import { ageOf, describeEnd, endOf, isRecent, PATIENCE } from './containers.ts';
import { attemptBegan } from './flux-state.ts';
import { Flux, findCondition, Pod } from './objects.ts';
import { readList, readObject } from './reads.ts';
import { findReason, remedyAt } from './reasons.ts';

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
        .flatMap((pod) => troublesOf(pod, now, setting).map((verdict) => asOfBefore(verdict, pod, since, release)))
        .toSorted((a, b) => Number(b.state === 'failed') - Number(a.state === 'failed'))[0];
      if (worst !== undefined) return worst;
      if (pods.length === 0) return pending('there are no pods', [`no pod has the labels ${selector}`], 'nothing yet');
      const restarts = pods.flatMap(({ status }) => status.containerStatuses).reduce((sum, { restartCount }) => sum + restartCount, 0);
      return met(`${pods.length} ${pods.length === 1 ? 'pod' : 'pods'}, ${restarts} restarts, none of them lately`);
    },
  });

type Trouble = Exclude<Verdict, { state: 'met' }>;

function troublesOf(pod: Pod, now: Date, setting: string): Trouble[] {
  const { namespace, name } = pod.metadata;
  const what = `Pod ${namespace}/${name}`;
  const scheduled = findCondition(pod.status.conditions, 'PodScheduled');
  if (scheduled?.status === 'False')
    return [pending(`${what} finds no node: ${scheduled.reason}`, [scheduled.message], `kubectl describe pod -n ${namespace} ${name}`)];
  const containers = [...pod.status.initContainerStatuses, ...pod.status.containerStatuses];
  return containers.flatMap((container) => {
    const end = endOf(container);
    const logs = `kubectl logs -n ${namespace} ${name} -c ${container.name} --previous`;
    const ended = end === undefined ? [] : [describeEnd(container.name, end, pod)];
    const times = `${container.restartCount} restarts`;
    if (end?.reason === 'OOMKilled' && isRecent(container, now)) {
      const remedy = `raise ${setting}, commit, and resume; ${logs} shows what it did`;
      return [failed(`${what}: container ${container.name} was OOMKilled, ${times}`, ended, remedy)];
    }
    if (container.state.waiting !== undefined) {
      const { reason, message } = container.state.waiting;
      const known = findReason('waiting', reason, message);
      const saw = `${what}: container ${container.name} waits: ${reason || 'for no reason that it tells'}, ${times}`;
      const remedy =
        known === undefined
          ? `kubectl describe pod -n ${namespace} ${name}`
          : remedyAt(known, { namespace, name, container: container.name });
      const isInVain = known?.ends === 'terminal' && (reason !== 'CrashLoopBackOff' || container.restartCount >= PATIENCE);
      return [(isInVain ? failed : pending)(saw, [message || reason, ...ended], remedy)];
    }
    if (end !== undefined && isRecent(container, now)) {
      return [pending(`${what}: container ${container.name} restarted ${Math.round(ageOf(end, now) / 1000)} s ago, ${times}`, ended, logs)];
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
