import { type Check, check } from '#model/check.ts';
import type { Chart, GitOps } from '#model/environment.ts';
import { nameOf, type ObjectRef, scopeOf } from '#model/kubernetes.ts';
import { failed, met, pending } from '#model/verdict.ts';
import { judgeReady, readyOf, suspended } from './flux-state.ts';
import { Flux, Kustomization } from './objects.ts';
import { readList, readObject } from './reads.ts';

/** Flux follows the branch that we push to: a Ready of another branch says nothing of our commits. */
export const sourceIsFollowed = ({ source, branch }: GitOps): Check =>
  check({
    id: 'flux.source-ready',
    title: `${nameOf(source)} follows branch ${branch} and is Ready`,
    holds: 'always',
    // A branch that is not there is told by the one that looked at the remote.
    after: ['git.remote-usable'],
    reads: { found: readObject(source, Flux) },
    judge: ({ found }) => {
      if (found === undefined)
        return failed(
          `${nameOf(source)} is not there`,
          ['Flux fetches nothing without it'],
          'name the right one in environment.gitops.source (kubectl get gitrepository -A)',
        );
      // Without a ref it is this one: https://fluxcd.io/flux/components/source/gitrepositories/#reference
      const { ref = { branch: 'master' } } = found.spec;
      const followed = ref.name?.replace('refs/heads/', '') ?? ref.branch;
      if (followed !== branch)
        return failed(
          `${nameOf(source)} follows ${followed === undefined ? 'no branch' : `branch ${followed}`}`,
          [`what is pushed to ${branch} would never be applied`],
          'make both the same: environment.gitops.branch, or spec.ref.branch of the GitRepository',
        );
      if (found.spec.suspend) return suspended(source, 'source git');
      return judgeReady(found, 'GitRepository', `branch ${branch} at ${found.status.artifact?.revision ?? 'no revision'}`);
    },
  });

/** An OCI repository has no status at all, and Flux asks it only for the chart itself: https://fluxcd.io/flux/components/source/helmrepositories/#helm-oci-repository */
export const chartSourceIsReady = (id: string, ref: ObjectRef, chart: Chart): Check =>
  check({
    id,
    title: `${nameOf(ref)} has fetched the index of ${chart.repository}`,
    holds: 'always',
    reads: { found: readObject(ref, Flux) },
    judge: ({ found }) => {
      if (found === undefined) return pending(`${nameOf(ref)} is not there yet`, [], `kubectl get helmrepository -n ${ref.namespace}`);
      if (found.spec.type === 'oci') return met('an OCI repository is asked for each chart');
      if (found.spec.suspend) return suspended(ref, 'source helm');
      const verdict = judgeReady(found, 'HelmRepository', `index ${found.status.artifact?.revision ?? 'not stored'}`);
      if (verdict.state === 'met' || readyOf(found)?.status !== 'False') return verdict;
      const remedy = `curl -fsS ${chart.repository}/index.yaml tries it; another address goes into environment.${chart.name}.chart.repository`;
      return { ...verdict, remedy };
    },
  });

/** Two Kustomizations that hold one object undo each other's work, and the one that lets go deletes it (prune). */
export const nobodyElseOwns = (id: string, owner: ObjectRef, objects: readonly ObjectRef[]): Check =>
  check({
    id,
    title: `No Kustomization but ${owner.name} holds ${objects.map(nameOf).join(', ')}`,
    holds: 'always',
    reads: { all: readList(scopeOf({ apiVersion: owner.apiVersion, kind: owner.kind }), Kustomization) },
    judge: ({ all = [] }) => {
      const others = all.filter(({ metadata }) => metadata.name !== owner.name || metadata.namespace !== owner.namespace);
      const rivals = others.flatMap(({ metadata, status, spec }) => {
        const held = objects.filter((object) => status.inventory.entries.some((entry) => entry.id === inventoryId(object)));
        return held.map((object) => ({ name: `Kustomization ${metadata.namespace}/${metadata.name}`, path: spec.path, object }));
      });
      const [first] = rivals;
      if (first === undefined) return met(`${others.length} others hold none of them`);
      return failed(
        `${first.name} holds ${nameOf(first.object)}, too`,
        [
          ...rivals.map(({ name, path, object }) => `${nameOf(object)} is in the inventory of ${name}, which applies ${path}`),
          `Kustomization ${owner.namespace}/${owner.name} applies it as well: each undoes what the other did, and whoever lets go deletes it`,
        ],
        `let one of them have it: take it out of ${first.path} in Git, with the annotation kustomize.toolkit.fluxcd.io/prune: disabled on it until that is applied`,
      );
    },
  });

/** As Flux writes it: https://fluxcd.io/flux/components/kustomize/kustomizations/#inventory */
export function inventoryId({ apiVersion, kind, namespace = '', name }: ObjectRef): string {
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  return `${namespace}_${name}_${group}_${kind}`;
}
