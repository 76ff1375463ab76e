import { type Check, check } from '#model/check.ts';
import type { Chart, GitOps } from '#model/environment.ts';
import { nameOf, type ObjectRef } from '#model/kubernetes.ts';
import type { RemoteAnswer } from '#model/read.ts';
import { failed, met, pending, type Verdict } from '#model/verdict.ts';
import { isAsked, judgeReady, progressOf, readyOf, suspended } from './flux-state.ts';
import { Deployment, Flux } from './objects.ts';
import { readList, readObject, readRemote, readTip } from './reads.ts';
import { isTerminal } from './reasons.ts';

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
      const down = controllers
        .filter(({ status, spec }) => spec.replicas === 0 || status.availableReplicas < spec.replicas)
        .map(({ metadata }) => metadata.name);
      const names = controllers.map(({ metadata }) => metadata.name);
      const saw = names.length === 0 ? 'none' : `${names.length - down.length} of ${names.length} available: ${names.join(', ')}`;
      const needed = ['source-controller', 'kustomize-controller', 'helm-controller'].filter((name) => !names.includes(name));
      if (needed.length > 0)
        return failed(
          saw,
          needed.map((name) => `${name} is not installed in ${namespace}`),
          'install Flux: https://fluxcd.io/flux/installation/',
        );
      const off = controllers.filter(({ spec }) => spec.replicas === 0).map(({ metadata }) => metadata.name);
      if (off.length > 0)
        return failed(
          saw,
          off.map((name) => `Deployment ${namespace}/${name} is scaled to 0: nobody does its work`),
          `kubectl scale deployment -n ${namespace} ${off.join(' ')} --replicas=1`,
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
    reads: {
      kustomization: readObject(kustomization, Flux),
      source: readObject(gitops.source, Flux),
      remote: readTip(),
    },
    judge: ({ kustomization: found, source, remote }) => {
      if (remote.tip === undefined) return withoutTip(remote);
      if (source === undefined)
        return failed(
          `${nameOf(gitops.source)} is not there`,
          ['Flux fetches nothing without it'],
          'name the right one in environment.gitops.source (kubectl get gitrepository -A)',
        );
      const fetched = source.status.artifact?.revision ?? 'nothing';
      if (!fetched.endsWith(remote.tip)) {
        const why = readyOf(source);
        if (source.spec.suspend) return suspended(gitops.source, 'source git');
        return pending(
          `Flux has not fetched ${short(remote.tip)} yet`,
          [`${nameOf(gitops.source)} is at ${fetched}`, ...(why?.status === 'False' ? [why.message] : [])],
          `flux reconcile source git -n ${gitops.source.namespace} ${gitops.source.name}`,
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
      if (found.spec.suspend) return suspended(kustomization, 'kustomization');
      const ready = readyOf(found);
      const { observedGeneration: saidOf = found.metadata.generation } = ready ?? {};
      const isOfToday = (found.status.lastAttemptedRevision ?? '').endsWith(remote.tip) && saidOf === found.metadata.generation;
      const isTried = isOfToday && !isAsked(found);
      const fails = ready?.status === 'False' && isTried && isTerminal('Kustomization', ready.reason);
      const saw = `${nameOf(kustomization)} has not applied ${short(remote.tip)}`;
      const cause = [`it has applied ${applied}`, ...progressOf(found)];
      const remedy = `flux logs --kind=Kustomization --name=${kustomization.name}; mend what it says in Git, then resume`;
      return fails ? failed(saw, cause, remedy) : pending(saw, cause, remedy);
    },
  });

/** The chart source serves exactly the version that the goals name: HelmChart's artifact revision is the chart's version. */
export const chartIsServed = (id: string, ref: ObjectRef, chart: Chart): Check =>
  check({
    id,
    title: `${chart.repository} serves chart ${chart.name} ${chart.version}`,
    holds: 'always',
    reads: { found: readObject(ref, Flux) },
    judge: ({ found }) => {
      if (found === undefined) return pending(`${nameOf(ref)} is not there yet`, [], 'nothing yet');
      const revision = found.status.artifact?.revision;
      if (revision === chart.version) return judgeReady(found, 'HelmChart', `version ${revision}`);
      const ready = readyOf(found);
      const isCurrent = found.status.observedGeneration >= found.metadata.generation;
      if (isCurrent && ready?.status === 'False' && isTerminal('source', ready.reason))
        return failed(
          `chart ${chart.name} ${chart.version} can't be had`,
          [`${nameOf(ref)}: ${ready.reason}: ${ready.message}`],
          `see which versions ${chart.repository} serves, and name one in environment.${chart.name}.chart.version`,
        );
      const cause = ready?.status === 'False' ? [`${ready.reason}: ${ready.message}`] : [];
      return pending(`serves ${revision ?? 'nothing yet'}`, cause, `kubectl describe helmchart -n ${ref.namespace} ${ref.name}`);
    },
  });

export const remoteIsUsable: Check = check({
  id: 'git.remote-usable',
  title: 'The Git remote can be read and would take a push',
  holds: 'always',
  reads: { remote: readRemote() },
  judge: ({ remote }) => {
    if (remote.unreachable !== undefined || remote.tip === undefined) return withoutTip(remote);
    if (remote.pushRefused !== undefined)
      return failed(
        `${remote.remote} refuses a push to ${remote.branch}`,
        [remote.pushRefused],
        `allow this user to push there (git push --dry-run ${nameIn(remote)} HEAD:${remote.branch} tries it), or name another branch in environment.gitops.branch`,
      );
    return met(`${remote.branch} at ${short(remote.tip)}, a push would be accepted`);
  },
});

function withoutTip({ remote, branch, unreachable }: RemoteAnswer): Verdict {
  return unreachable === undefined
    ? failed(
        `${remote} has no branch ${branch}`,
        ['Flux follows a branch that is not there'],
        'name the right one in environment.gitops.branch',
      )
    : failed(`${remote} can't be reached`, [unreachable], `${mendReach(unreachable)}: git ls-remote ${nameIn({ remote })}`);
}

/** Git is run where nobody can be asked. */
function mendReach(words: string): string {
  if (/could not read (Username|Password)/.test(words))
    return 'nobody is asked for a login here: have git remember one (credential.helper), and try that';
  if (/publickey|Host key verification/.test(words))
    return 'nobody is asked for a passphrase or a host key here: give the key to ssh-agent (ssh-add), connect once by hand, and try that';
  if (/certificate/.test(words)) return "name the file of the server's authority (git config http.sslCAInfo FILE), and try that";
  return 'check the address and the credentials';
}

/** The remote's name as git takes it: in messages its address stands behind. */
function nameIn({ remote }: Pick<RemoteAnswer, 'remote'>): string {
  return remote.split(' ')[0] ?? remote;
}

function short(commit: string): string {
  return commit.slice(0, 7);
}
