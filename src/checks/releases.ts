import { type Check, check } from '#model/check.ts';
import { nameOf, type ObjectRef } from '#model/kubernetes.ts';
import { failed, met, pending } from '#model/verdict.ts';
import { type Running, readWorkloads, troubleOfWorkloads } from './diagnosis-workloads.ts';
import { findRefusal, findStall, isObserved, judgeReady, readyOf, resetCommand, resetOf, suspended, toReconcile } from './flux-state.ts';
import { Flux, findCondition, Pod, StatefulSet } from './objects.ts';
import { readList, readObject } from './reads.ts';
import { findReason } from './reasons.ts';

/**
 * HelmRelease Ready, for the generation it has now, at the wanted chart version. One that is out of retries is reset only after something
 * has changed since: a commit that the source has fetched, or all that it waited for runs by now. Else the same would fail again as often.
 * @param applied the check that says that Flux has applied the newest commit: before it, the release is the one of yesterday's values
 */
export const releaseIsReady = (id: string, ref: ObjectRef, version: string, applied: string, source: ObjectRef): Check =>
  check({
    id,
    title: `${nameOf(ref)} is released at chart version ${version}`,
    holds: 'always',
    after: [applied],
    repairPermissions: toReconcile(ref),
    reads: {
      found: readObject(ref, Flux),
      source: readObject(source, Flux),
      ...readWorkloads(ref.namespace ?? '', `app.kubernetes.io/instance=${ref.name}`),
    },
    judge: ({ found, source: git, ...running }, now) => {
      if (found === undefined) return pending(`${nameOf(ref)} is not there yet`, [], `kubectl get helmrelease -n ${ref.namespace}`);
      const stall = findStall(found);
      if (stall !== undefined)
        return failed(
          `${nameOf(ref)} is stalled: ${stall.reason}`,
          stall.why,
          `mend the cause, then: ${resetCommand(ref)}`,
          isNewer(git, stall.since) || runs(running, now) ? [resetOf(ref)] : undefined,
        );
      const refusal = findRefusal(found);
      if (refusal !== undefined)
        return failed(
          `${nameOf(ref)} can't be rendered with these values`,
          [refusal],
          `mend what it says in Git, then resume (flux get helmrelease -n ${ref.namespace} ${ref.name} shows it)`,
        );
      const newest = found.status.history[0];
      const isReleased = readyOf(found)?.status === 'True' && isObserved(found);
      // A suspended one counts every generation as observed. Suspending makes one by itself: any more, and something was not released.
      const { lastAttemptedGeneration: tried = found.metadata.generation } = found.status;
      const isOutdated = tried < found.metadata.generation - 1 || !isReleased || newest?.chartVersion !== version;
      if (found.spec.suspend && isOutdated) return suspended(ref, 'helmrelease');
      if (isReleased && newest?.chartVersion !== version) {
        return pending(`chart version ${newest?.chartVersion || 'none'}, wanted ${version}`, [], 'nothing yet');
      }
      return judgeReady(found, 'HelmRelease', `chart ${version} ${newest?.status ?? ''}`.trim());
    },
  });

/** Whether the source has fetched a commit since. */
function isNewer(source: Flux | undefined, since: string | undefined): boolean {
  return Date.parse(source?.status.artifact?.lastUpdateTime ?? '') > Date.parse(since ?? '');
}

/** Whether there are workloads, and all of them are well. */
function runs(running: Running, now: Date): boolean {
  return (running.pods ?? []).length > 0 && troubleOfWorkloads(running, now) === undefined;
}

/** How long a pod that runs may take to become ready before it counts as stuck; milliseconds. */
const PATIENCE = 60_000;

const FORCED_ROLLBACK = 'https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#forced-rollback';
const KNOWN_ISSUE = 'https://github.com/kubernetes/kubernetes/issues/67250';

/**
 * A StatefulSet (OrderedReady) replaces no pod before all are ready, not even the one whose revision is what was wrong: after a bad
 * commit is reverted, the rollout hangs for ever. It comes before the release is ready, for the release waits for these pods.
 * @param selector labels of the release's StatefulSets and pods
 */
export const noPodIsStuck = (id: string, release: ObjectRef, selector: string): Check => {
  const { namespace = '' } = release;
  const pods = { group: '', version: 'v1', resource: 'pods', namespace };
  return check({
    id,
    title: `No StatefulSet of ${nameOf(release)} waits for a pod of an older revision`,
    holds: 'always',
    repairPermissions: [
      { verb: 'get', group: '', resource: 'pods', namespace },
      { verb: 'delete', group: '', resource: 'pods', namespace },
      ...toReconcile(release),
    ],
    reads: {
      sets: readList({ group: 'apps', version: 'v1', resource: 'statefulsets', namespace }, StatefulSet, selector),
      pods: readList(pods, Pod, selector),
    },
    judge: ({ sets = [], pods: all = [] }, now) => {
      const old = sets.flatMap((set) => all.filter((pod) => isHeldUp(pod, set)).map((pod) => ({ set, pod })));
      const stuck = old.filter(({ pod }) => isHopeless(pod, now));
      const [first] = stuck.length > 0 ? stuck : old;
      if (sets.length === 0) return pending('no StatefulSet is there', [`none has the labels ${selector}`], 'nothing yet');
      if (first === undefined) return met(`${sets.length} ${sets.length === 1 ? 'waits' : 'wait'} for none`);
      const { pod, set } = first;
      const saw =
        `Pod ${namespace}/${pod.metadata.name} has revision ${pod.metadata.labels[REVISION] ?? 'none'}, ` +
        `wanted is ${set.status.updateRevision}, and it is not ready`;
      const names = stuck.map((one) => one.pod.metadata.name);
      if (names.length === 0) return pending(saw, whyNotReady(pod), 'nothing yet: it is replaced when it is ready');
      return failed(
        saw,
        [
          `StatefulSet ${namespace}/${set.metadata.name} waits for it: it does not replace a pod that never became ready (${KNOWN_ISSUE}, ${FORCED_ROLLBACK})`,
          ...whyNotReady(pod),
        ],
        `kubectl delete pod -n ${namespace} ${names.join(' ')} && ${resetCommand(release)}`,
        [...names.map((name) => ({ do: 'remove', object: { apiVersion: 'v1', kind: 'Pod', namespace, name } }) as const), resetOf(release)],
      );
    },
  });
};

const REVISION = 'controller-revision-hash';

/** Not at the revision that is wanted, and not ready, so that it is not replaced either. */
function isHeldUp({ metadata, status }: Pod, set: StatefulSet): boolean {
  const isItsPod = metadata.ownerReferences.some(({ kind, name }) => kind === 'StatefulSet' && name === set.metadata.name);
  const { updateRevision, observedGeneration } = set.status;
  const isOld = updateRevision !== '' && observedGeneration >= set.metadata.generation && metadata.labels[REVISION] !== updateRevision;
  const ready = findCondition(status.conditions, 'Ready')?.status ?? 'False';
  const isOrdered = set.spec.podManagementPolicy === 'OrderedReady';
  return isOrdered && isItsPod && isOld && ready === 'False' && metadata.deletionTimestamp === undefined;
}

/** One that fails to start, or has run for a while; one that just started may become ready, and then it is replaced. */
function isHopeless({ metadata, status }: Pod, now: Date): boolean {
  const fails = status.containerStatuses.some(
    ({ state }) => state.waiting !== undefined && findReason('waiting', state.waiting.reason)?.ends !== 'starting',
  );
  const since = findCondition(status.conditions, 'Ready')?.lastTransitionTime ?? metadata.creationTimestamp ?? '';
  return fails || now.getTime() - Date.parse(since) > PATIENCE;
}

function whyNotReady({ status }: Pod): readonly string[] {
  const waiting = status.containerStatuses.flatMap(({ name, state }) =>
    state.waiting === undefined ? [] : [`container ${name}: ${state.waiting.reason} ${state.waiting.message}`.trim()],
  );
  const unmet = status.conditions.filter((condition) => condition.status === 'False').map(({ reason, message }) => `${reason}: ${message}`);
  return [...waiting, ...unmet].slice(0, 1);
}
