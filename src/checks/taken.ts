import type * as v from 'valibot';
import { type Check, check } from '#model/check.ts';
import type { Storage } from '#model/environment.ts';
import { nameOf, type ObjectRef, scopeOf } from '#model/kubernetes.ts';
import { failed, met, type Verdict } from '#model/verdict.ts';
import { inventoryId } from './flux-sources.ts';
import { AnyObject, Kustomization } from './objects.ts';
import { readList, readObject, readSecret } from './reads.ts';

/** An object that the manifests will make, and the Kustomization that will hold it. */
export interface Claimed {
  readonly object: ObjectRef;
  readonly holder: ObjectRef;
}

type Holder = v.InferOutput<typeof Kustomization>;

const FLUX = { apiVersion: 'kustomize.toolkit.fluxcd.io/v1', kind: 'Kustomization' };
const HOLDER = 'kustomize.toolkit.fluxcd.io/name';

/** What is there by a name of ours is not taken over silently: whoever holds it has to let go, and the goals have to name it. */
export const nothingIsTaken = (claimed: readonly Claimed[], adopted: readonly string[]): Check =>
  check({
    id: 'present.objects',
    title: "Nothing that the manifests will make is there already as somebody else's",
    holds: 'on-entry',
    reads: {
      holders: readList(scopeOf(FLUX), Kustomization),
      ...Object.fromEntries(claimed.map(({ object }) => [nameOf(object), readObject(object, AnyObject)])),
    },
    judge: ({ holders = [], ...rest }) => {
      const seen = rest as Readonly<Record<string, v.InferOutput<typeof AnyObject> | undefined>>;
      const present = claimed.filter(({ object }) => seen[nameOf(object)] !== undefined);
      const others = present.flatMap(({ object, holder }) =>
        holders.filter((one) => !isSame(one, holder) && holds(one, object)).map((by) => ({ object, by })),
      );
      if (others.length > 0) return heldByOthers(others);
      const free = present.filter(({ object, holder }) => {
        const label = seen[nameOf(object)]?.metadata.labels[HOLDER];
        return label !== holder.name && !holders.some((one) => isSame(one, holder) && holds(one, object));
      });
      const names = free.map(({ object }) => nameOf(object));
      const unnamed = free.filter(({ object }) => !adopted.includes(nameOf(object)));
      if (unnamed.length > 0) return heldByNobody(unnamed.map(({ object }) => object));
      return met(names.length === 0 ? `${present.length} of ${claimed.length} are there, and ours` : `to be adopted: ${names.join(', ')}`);
    },
  });

/** A Kustomization of our name is ours when it applies our directory. */
export const kustomizationsAreOurs = (ours: readonly { readonly ref: ObjectRef; readonly path: string }[]): Check =>
  check({
    id: 'present.kustomizations',
    title: `Kustomizations ${ours.map(({ ref }) => ref.name).join(', ')} are not there yet, or ours`,
    holds: 'on-entry',
    reads: { all: readList(scopeOf(FLUX), Kustomization) },
    judge: ({ all = [] }) => {
      const found = ours.flatMap(({ ref, path }) => all.filter((one) => isSame(one, ref)).map((one) => ({ ref, path, one })));
      const foreign = found.filter(({ one, path }) => tidy(one.spec.path) !== tidy(path));
      const [first] = foreign;
      if (first === undefined) return met(`${found.length} of ${ours.length} are there`);
      return failed(
        `${nameOf(first.ref)} is somebody else's`,
        foreign.map(({ ref, path, one }) => `${nameOf(ref)} applies ${tidy(one.spec.path)}, ours would apply ${tidy(path)}`),
        `give it another name in Git: renaming makes Flux prune what it holds, so first commit ${LET_GO} on what is to stay`,
      );
    },
  });

/** Helm takes over no workload that another release or nobody brought, or it takes it over without a word. */
export const nobodyInstalled = (id: string, workload: ObjectRef, release: ObjectRef, adopted: readonly string[]): Check =>
  check({
    id,
    title: `${nameOf(workload)} is not there yet, or comes from ${nameOf(release)}`,
    holds: 'on-entry',
    reads: { found: readObject(workload, AnyObject), release: readObject(release, AnyObject) },
    judge: ({ found, release: owner }) => {
      if (found === undefined) return met('it is not there yet');
      if (owner !== undefined) return met(`${nameOf(release)} is there`);
      const { namespace, name } = release;
      const { labels, annotations } = found.metadata;
      const by = annotations['meta.helm.sh/release-name'];
      if (by !== name) {
        const kind = workload.kind.toLowerCase();
        const uninstall = by === undefined ? '' : `, or remove its release: helm uninstall -n ${namespace} ${by}`;
        return failed(
          `${nameOf(workload)} belongs to ${by === undefined ? 'no Helm release' : `Helm release ${by}`}`,
          [`Helm would not install ${name} over it: "exists and cannot be imported into the current release"`],
          `take it out of the way: kubectl delete ${kind} -n ${namespace} ${workload.name} --cascade=orphan (its pods run on until they are deleted, its volumes stay)${uninstall}`,
        );
      }
      if (adopted.includes(nameOf(release))) return met(`to be adopted: ${labels['helm.sh/chart'] ?? 'a chart of unknown version'}`);
      return failed(
        `${nameOf(workload)} is of Helm release ${name}, which no HelmRelease manages`,
        [
          `somebody installed ${labels['helm.sh/chart'] ?? 'a chart of unknown version'} by hand (helm install)`,
          'Flux would upgrade that release to the chart and the values of the goals',
        ],
        `to have it taken over, put what you want to keep of its values (helm get values -n ${namespace} ${name}) and its chart version into the goals, and ${adopt(release)}; or remove it: helm uninstall -n ${namespace} ${name}`,
      );
    },
  });

/** A Secret of that name that somebody made by hand would be written over. */
export const secretIsFree = ({ bucket, secretFrom }: Storage, maker: ObjectRef, adopted: readonly string[]): Check => {
  const { namespace, name } = bucket.credentials;
  const secret = { apiVersion: 'v1', kind: 'Secret', namespace, name };
  return check({
    id: 'present.secret',
    title: `${nameOf(secret)} is not there yet, or comes from ${nameOf(maker)}`,
    holds: 'on-entry',
    reads: { found: readSecret(namespace, name, []), maker: readObject(maker, AnyObject) },
    judge: ({ found, maker: owner }) => {
      if (found === undefined) return met('it is not there yet');
      if (owner !== undefined) return met(`${nameOf(maker)} is there`);
      if (adopted.includes(nameOf(secret))) return met(`to be replaced: ${found.keys.join(', ')}`);
      return failed(
        `${nameOf(secret)} is there, and ${nameOf(maker)} is not`,
        [
          `somebody made it by hand, with ${found.keys.length === 0 ? 'no keys' : `the keys ${found.keys.join(', ')}`}`,
          `${secretFrom === 'external-secret' ? 'External Secrets' : 'the provisioner of the claim'} would write over it`,
        ],
        `to use it and its bucket as they are, set environment.storage.bucket.from to "existing" (the Secret needs the keys access_key_id, secret_access_key, endpoint, bucket and region); to have it replaced, ${adopt(secret)}`,
      );
    },
  });
};

const LET_GO = 'the annotation kustomize.toolkit.fluxcd.io/prune: disabled';

function heldByOthers(others: readonly { readonly object: ObjectRef; readonly by: Holder }[]): Verdict {
  const [{ object, by }] = others as [(typeof others)[number]];
  const path = tidy(by.spec.path);
  return failed(
    `${nameOf(object)} is held by Kustomization ${by.metadata.namespace}/${by.metadata.name}`,
    [
      ...others.map((one) => {
        const { kind, name } = one.by.spec.sourceRef;
        return `${nameOf(one.object)} comes from ${tidy(one.by.spec.path)} of ${kind} ${name}`;
      }),
      "two Kustomizations would undo each other's work, and the one that lets go deletes what it holds",
    ],
    `to have it taken over: in ${path}, commit ${LET_GO} on it; once Flux has applied that, take it out of ${path}; once that is applied, too, ${adopt(object)}, and run again`,
  );
}

function heldByNobody(objects: readonly ObjectRef[]): Verdict {
  const [first] = objects as [ObjectRef];
  const { kind, namespace, name } = first;
  return failed(
    `${nameOf(first)} is there already, and no Kustomization holds it`,
    [
      ...objects.map((object) => `${nameOf(object)} was made by hand, or a Kustomization has let go of it`),
      'Flux would make of it what the goals say',
    ],
    `to have it taken over, ${adopt(...objects)} (anton-logging plan shows what comes); or remove it: kubectl delete ${kind.toLowerCase()} -n ${namespace} ${name}`,
  );
}

function adopt(...objects: readonly ObjectRef[]): string {
  return `add ${objects.map((object) => JSON.stringify(nameOf(object))).join(', ')} to the list environment.adopt in the goals`;
}

function holds({ status }: Holder, object: ObjectRef): boolean {
  return status.inventory.entries.some(({ id }) => id === inventoryId(object));
}

function isSame({ metadata }: Holder, { namespace, name }: ObjectRef): boolean {
  return metadata.name === name && metadata.namespace === namespace;
}

function tidy(path: string): string {
  return path.replace(/^(\.?\/)+|\/+$/g, '') || '.';
}
