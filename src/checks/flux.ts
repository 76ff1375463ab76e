import { type Check, check } from '#model/check.ts';
import type { Chart, GitOps } from '#model/environment.ts';
import { nameOf, type ObjectRef } from '#model/kubernetes.ts';
import { failed, met, pending, type Verdict } from '#model/verdict.ts';
import { Deployment, type Flux, Flux as FluxObject, findCondition } from './objects.ts';
import { readList, readObject, readRemote } from './reads.ts';

export const fluxIsAvailable = (namespace: string): Check =>
  check({
    id: 'flux.controllers-available',
    title: 'Every installed Flux controller is available',
    holds: 'always',
    reads: {
      controllers: readList(
        { group: 'apps', version: 'v1', resource: 'deployments', namespace },
        Deployment,
        'app.kubernetes.io/part-of=flux',
      ),
    },
    judge: ({ controllers = [] }) => {
      const down = controllers.filter(({ status, spec }) => status.availableReplicas < spec.replicas).map(({ metadata }) => metadata.name);
      const names = controllers.map(({ metadata }) => metadata.name);
      const saw = `${names.length - down.length} of ${names.length} available: ${names.join(', ')}`;
      const needed = ['source-controller', 'kustomize-controller', 'helm-controller'].filter((name) => !names.includes(name));
      if (needed.length > 0)
        return failed(
          saw || 'none',
          needed.map((name) => `${name} is not installed in ${namespace}`),
          'install Flux: https://fluxcd.io/flux/installation/',
        );
      return down.length === 0
        ? met(saw)
        : pending(
            saw,
            down.map((name) => `${name} is not available`),
            `kubectl describe deployment -n ${namespace} ${down.join(' ')}`,
          );
    },
  });

/** Flux has applied what is at the branch's tip: compared by commit, so that an older success doesn't count. */
export const kustomizationIsApplied = (id: string, kustomization: ObjectRef, gitops: GitOps): Check =>
  check({
    id,
    title: `${nameOf(kustomization)} has applied the branch's newest commit`,
    holds: 'always',
    reads: { kustomization: readObject(kustomization, FluxObject), source: readObject(gitops.source, FluxObject), remote: readRemote() },
    judge: ({ kustomization: found, source, remote }) => {
      if (remote.tip === undefined)
        return failed(`${remote.remote} has no branch ${remote.branch}`, [remote.unreachable ?? ''], 'see environment.gitops');
      if (source === undefined)
        return failed(`${nameOf(gitops.source)} is not there`, [], 'name the right one in environment.gitops.source');
      const fetched = source.status.artifact?.revision ?? 'nothing';
      if (!fetched.endsWith(remote.tip)) {
        const why = readyOf(source);
        return pending(
          `Flux has not fetched ${short(remote.tip)} yet`,
          [`${nameOf(gitops.source)} is at ${fetched}`, ...(why?.status === 'False' ? [why.message] : [])],
          `flux reconcile source git ${gitops.source.name}`,
        );
      }
      if (found === undefined)
        return pending(
          `${nameOf(kustomization)} is not there yet`,
          [`${nameOf(gitops.parent)} makes it`],
          `kubectl get kustomization -n ${gitops.namespace}`,
        );
      const applied = found.status.lastAppliedRevision ?? 'nothing';
      if (applied.endsWith(remote.tip)) return judgeReady(found, 'Kustomization', `applied ${short(remote.tip)}`);
      const ready = readyOf(found);
      const fails =
        ready?.status === 'False' && (found.status.lastAttemptedRevision ?? '').endsWith(remote.tip) && TERMINAL.has(ready.reason);
      const cause = [`it has applied ${applied}`, ...(ready === undefined ? [] : [`${ready.reason}: ${ready.message}`])];
      const verdict = fails ? failed : pending;
      return verdict(
        `${nameOf(kustomization)} has not applied ${short(remote.tip)}`,
        cause,
        `flux logs --kind=Kustomization --name=${kustomization.name}; mend what it says in Git, then resume`,
      );
    },
  });

/** The chart source serves exactly the version that the goals name: HelmChart's artifact revision is the chart's version. */
export const chartIsServed = (id: string, ref: ObjectRef, chart: Chart): Check =>
  check({
    id,
    title: `${chart.repository} serves chart ${chart.name} ${chart.version}`,
    holds: 'always',
    reads: { found: readObject(ref, FluxObject) },
    judge: ({ found }) => {
      if (found === undefined) return pending(`${nameOf(ref)} is not there yet`, [], 'nothing yet');
      const revision = found.status.artifact?.revision;
      if (revision === chart.version) return judgeReady(found, 'HelmChart', `version ${revision}`);
      const ready = readyOf(found);
      if (ready?.status === 'False')
        return failed(
          `chart ${chart.name} ${chart.version} can't be had`,
          [`${ready.reason}: ${ready.message}`],
          `see which versions ${chart.repository} serves, and name one in environment.${chart.name}.chart.version`,
        );
      return pending(`serves ${revision ?? 'nothing yet'}`, [], 'nothing yet');
    },
  });

/** HelmRelease Ready, for the generation it has now, at the wanted chart version. */
export const releaseIsReady = (id: string, ref: ObjectRef, version: string): Check =>
  check({
    id,
    title: `${nameOf(ref)} is released at chart version ${version}`,
    holds: 'always',
    reads: { found: readObject(ref, FluxObject) },
    judge: ({ found }) => {
      if (found === undefined) return pending(`${nameOf(ref)} is not there yet`, [], `kubectl get helmrelease -n ${ref.namespace}`);
      const stalled = findCondition(found.status.conditions, 'Stalled');
      const ready = readyOf(found);
      if (stalled?.status === 'True') {
        return failed(
          `${nameOf(ref)} is stalled: ${stalled.reason}`,
          [ready?.message || stalled.message],
          `mend the cause, then: flux reconcile helmrelease -n ${ref.namespace} ${ref.name} --reset`,
        );
      }
      const newest = found.status.history[0];
      if (ready?.status === 'True' && found.status.observedGeneration >= found.metadata.generation && newest?.chartVersion !== version) {
        return pending(`chart version ${newest?.chartVersion ?? 'none'}, wanted ${version}`, [], 'nothing yet');
      }
      return judgeReady(found, 'HelmRelease', `chart ${version} ${newest?.status ?? ''}`.trim());
    },
  });

export const remoteIsUsable: Check = check({
  id: 'git.remote-usable',
  title: 'The Git remote can be read and would take a push',
  holds: 'always',
  reads: { remote: readRemote() },
  judge: ({ remote }) => {
    if (remote.unreachable !== undefined)
      return failed(`${remote.remote} can't be reached`, [remote.unreachable], 'check the address and the credentials: git ls-remote');
    if (remote.tip === undefined)
      return failed(
        `${remote.remote} has no branch ${remote.branch}`,
        [],
        'name the branch that Flux follows in environment.gitops.branch',
      );
    if (remote.pushRefused !== undefined)
      return failed(`${remote.remote} refuses a push to ${remote.branch}`, [remote.pushRefused], 'allow this user to push there');
    return met(`${remote.branch} at ${short(remote.tip)}, a push would be accepted`);
  },
});

/** Reasons of Kustomization's Ready that don't pass by waiting (kustomize-controller's conditions). */
const TERMINAL = new Set(['BuildFailed', 'ReconciliationFailed', 'PruneFailed', 'HealthCheckFailed']);

/** Only an explicit Ready for the newest generation counts: an object without conditions is not ready. */
export function judgeReady(object: Flux, kind: string, saw: string): Verdict {
  const name = `${kind} ${object.metadata.namespace}/${object.metadata.name}`;
  if (object.status.observedGeneration < object.metadata.generation)
    return pending(`${name}: its controller has not seen the newest generation`, [], 'nothing yet');
  const ready = readyOf(object);
  if (ready?.status === 'True') return met(saw);
  if (ready === undefined) return pending(`${name} says nothing about being ready`, [], 'nothing yet');
  const remedy = `kubectl describe ${kind.toLowerCase()} -n ${object.metadata.namespace} ${object.metadata.name}`;
  return pending(`${name} is not ready`, [`${ready.reason}: ${ready.message}`], remedy);
}

function readyOf(object: Flux) {
  return findCondition(object.status.conditions, 'Ready');
}

function short(commit: string): string {
  return commit.slice(0, 7);
}
