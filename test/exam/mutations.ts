import { knownKinds, type Manifest, type ObjectRef, refOf } from '#model/kubernetes.ts';
import { updateFields } from '#rehearsal/api/fields.ts';
import { timestamp } from '#rehearsal/api/store.ts';
import { lotOf } from '../lots.ts';
import { findProblem } from '../models.ts';
import { type Completed, checksOf, fork } from './fork.ts';
import { describePath, edit, leavesOf, type Path } from './leaves.ts';
import { findSkip } from './meaningless.ts';

/** One field of one object that somebody sets otherwise, again and again. */
export interface Mutation {
  readonly ref: ObjectRef;
  readonly path: Path;
  readonly how: 'remove' | 'change';
}

export interface MutationResult {
  /** "Service monitoring/loki: spec.ports.0.port" */
  readonly what: string;
  readonly how: Mutation['how'];
  /** Checks that are not met then. */
  readonly noticed: readonly string[];
  readonly drift: number;
}

export interface Chosen {
  readonly mutations: readonly Mutation[];
  /** How many fields were left out, and why. */
  readonly skipped: readonly { readonly why: string; readonly fields: number }[];
}

/** Of each kind so many: no kind crowds out another. */
const OF_EACH_KIND = 12;
const KINDS_OF_OTHERS = ['Prometheus', 'CephCluster', 'CephObjectStore', 'StorageClass', 'GitRepository'];

/** Fields of what the rollout made and of what its checks rely on: the same ones in every run, spread over the kinds. */
export async function chooseMutations(completed: Completed): Promise<Chosen> {
  const forked = await fork(completed);
  const { store } = forked.world;
  const objects = knownKinds().flatMap(({ apiVersion, kind }) => store.list(apiVersion, kind).filter(isExamined));
  await forked.stop();
  const skipped = new Map<string, number>();
  const all = objects.flatMap((object) => {
    const { apiVersion: _, kind: __, metadata, status, ...desired } = object;
    const written = {
      ...desired,
      ...(metadata.labels === undefined ? {} : { metadata: { labels: metadata.labels } }),
      ...(status !== undefined && KINDS_OF_OTHERS.includes(object.kind) ? { status } : {}),
    };
    return leavesOf(written).map((path): Mutation => {
      const ref = refOf(object);
      return { ref, path, how: lotOf(`${describe({ ref, path })} how`) % 2 === 0 ? 'remove' : 'change' };
    });
  });
  const examined = all.filter((mutation) => {
    const reason = findSkip(mutation.ref.kind, describePath(mutation.path)) ?? findRefusal(mutation, objects);
    if (reason !== undefined) skipped.set(reason, (skipped.get(reason) ?? 0) + 1);
    return reason === undefined;
  });
  const byKind = Map.groupBy(examined, ({ ref }) => ref.kind);
  const lots = ({ ref, path }: Mutation) => lotOf(describe({ ref, path }));
  const mutations = [...byKind.values()].flatMap((ofKind) => ofKind.toSorted((a, b) => lots(a) - lots(b)).slice(0, OF_EACH_KIND));
  return { mutations, skipped: [...skipped].map(([why, fields]) => ({ why, fields })) };
}

export async function examineMutation(mutation: Mutation, completed: Completed): Promise<MutationResult> {
  const { ref, path, how } = mutation;
  const somebody = { manager: 'kubectl-edit', time: timestamp(new Date(completed.at)) };
  const mutate = (object: Manifest): Manifest =>
    isSame(refOf(object), ref) ? updateFields(object, edit(object, path, how) as Manifest, somebody) : object;
  const forked = await fork(completed, { mutate });
  try {
    const present = forked.world.store.get(ref);
    if (present !== undefined) forked.world.store.put(mutate(present));
    const verification = await forked.verify();
    const red = checksOf(verification).filter(({ state, deferred }) => state !== 'met' && state !== 'stale' && !deferred);
    return { what: describe(mutation), how, noticed: red.map(({ id }) => id), drift: verification.drift.length };
  } finally {
    await forked.stop();
  }
}

/** The API server takes no object that is not in its schema. */
function findRefusal({ ref, path, how }: Mutation, objects: readonly Manifest[]): string | undefined {
  const object = objects.find((each) => isSame(refOf(each), ref)) as Manifest;
  return findProblem(edit(object, path, how) as Manifest) === undefined ? undefined : 'what its API refuses';
}

/** "changed Service monitoring/loki: spec.ports.0.port" */
export function nameMutation({ what, how }: Pick<MutationResult, 'what' | 'how'>): string {
  return `${how === 'remove' ? 'removed' : 'changed'} ${what}`;
}

function describe({ ref, path }: Pick<Mutation, 'ref' | 'path'>): string {
  const place = ref.namespace === undefined ? ref.name : `${ref.namespace}/${ref.name}`;
  return `${ref.kind} ${place}: ${describePath(path)}`;
}

function isSame(a: ObjectRef, b: ObjectRef): boolean {
  return a.kind === b.kind && a.name === b.name && a.namespace === b.namespace && a.apiVersion === b.apiVersion;
}

/** Of the rollout, or something of others that it stands on. A pod is replaced and not changed: its workload's template is examined. */
function isExamined({ kind, metadata }: Manifest): boolean {
  const { labels, annotations, namespace } = metadata;
  const isReleased = ['loki', 'alloy', 'airflow'].includes(annotations?.['meta.helm.sh/release-name'] ?? '');
  const isApplied = ['loki', 'loki-storage', 'alloy', 'airflow', 'airflow-logs'].includes(
    labels?.['kustomize.toolkit.fluxcd.io/name'] ?? '',
  );
  const isOurs = kind === 'Kustomization' || ((kind === 'Secret' || kind === 'Service') && namespace !== 'rehearsal');
  return kind !== 'Pod' && (isReleased || isApplied || isOurs || KINDS_OF_OTHERS.includes(kind));
}
