import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { knownKinds, type Manifest } from '#model/kubernetes.ts';
import type { EmbeddedCluster } from '#rehearsal/cluster.ts';
import type { Tree } from '#rehearsal/tree.ts';

/** What a rollout left, line by line: what it is about, and its text without what differs from run to run. */
export type EndState = Readonly<Record<string, string>>;

const CONTEXT = 60;
const SHOWN = 300;

/** Where a rollout took place. */
export interface Place {
  readonly directory: string;
  readonly cluster: EmbeddedCluster;
}

/** Reads Git, the cluster, its buckets, the goals file, and the folders in which something could have been left behind. */
export async function readEndState({ directory, cluster }: Place): Promise<EndState> {
  const lines: [string, string][] = [
    ...(await gitLines(cluster.remote)),
    ...objectLines(cluster),
    ...bucketLines(cluster),
    ...goalsLines(await readFile(join(cluster.checkout, 'goals', 'goals.json'), 'utf8')),
    ['files beside goals.json', (await readdir(join(cluster.checkout, 'goals'))).join(' ')],
    ['changes in the checkout', (await git(cluster.checkout, 'status', '--porcelain')).trim()],
    ['files in .git', (await readdir(join(cluster.checkout, '.git'))).sort().join(' ')],
    ['locks', (await readdir(join(directory, 'state', 'anton-logging', 'locks')).catch(() => [])).join(' ')],
    ['temporary files of others', (await readdir(join(directory, 'tmp'))).filter((name) => !name.startsWith('anton-logging-')).join(' ')],
  ];
  const state: Record<string, string> = {};
  const neutral = neutralFor(directory, cluster);
  for (const [about, text] of lines) state[uniqueIn(state, neutral(about))] = neutral(text);
  return state;
}

/** What is not the same, as text for a person: of each text what follows the first difference. */
export function differences(expected: EndState, actual: EndState): readonly string[] {
  const abouts = [...new Set([...Object.keys(expected), ...Object.keys(actual)])];
  return abouts
    .filter((about) => expected[about] !== actual[about])
    .map((about) => {
      const [one = 'nothing', other = 'nothing'] = [expected[about], actual[about]];
      const from = Math.max(0, [...one].findIndex((character, index) => character !== other[index]) - CONTEXT);
      return `${about}\n    expected: ${one.slice(from, from + SHOWN)}\n    found:    ${other.slice(from, from + SHOWN)}`;
    });
}

/** The tree by blobs, so that it is exact, and what was committed how often. */
async function gitLines(remote: string): Promise<readonly [string, string][]> {
  const tree = (await git(remote, 'ls-tree', '-r', 'main')).trim().split('\n');
  const commits = (await git(remote, 'log', '--reverse', '--format=%s', 'main')).trim();
  return [
    ['commits', commits],
    ...tree.map((line): [string, string] => {
      const [entry = '', path] = line.split('\t');
      return [`file ${path}`, createHash('sha256').update(entry).digest('hex')];
    }),
  ];
}

function objectLines({ world }: EmbeddedCluster): readonly [string, string][] {
  return knownKinds().flatMap(({ apiVersion, kind }) =>
    world.store.list(apiVersion, kind).map((object): [string, string] => {
      const { name, namespace = '', labels = {}, annotations = {} } = object.metadata;
      const { metadata: _, status, ...content } = object;
      return [`${kind} ${namespace}/${nameOf(object, name)}`, JSON.stringify({ labels, annotations, ...content, status: gist(status) })];
    }),
  );
}

/** Of a status what a person would look at: phase and conditions, not times, counters and messages. */
export function gist(status: Tree): { readonly phase?: string; readonly conditions: readonly string[] } {
  const conditions = (status?.conditions ?? []) as readonly { type: string; status: string }[];
  return { phase: status?.phase, conditions: conditions.map(({ type, status: state }) => `${type}=${state}`).sort() };
}

/** Pods of a set are named by chance. */
function nameOf({ kind, metadata }: Manifest, name: string): string {
  const owners = (metadata.ownerReferences ?? []) as readonly { kind: string; name: string }[];
  return kind === 'Pod' && owners[0] !== undefined && owners[0].kind !== 'StatefulSet' ? `${owners[0].name}-*` : name;
}

/** How Loki cuts its chunks depends on timing: that there are some has to do. */
function bucketLines({ world }: EmbeddedCluster): readonly [string, string][] {
  const claims = world.store.list('objectbucket.io/v1alpha1', 'ObjectBucketClaim');
  const lines = claims.flatMap(({ spec }) => {
    const { bucketName } = spec as { bucketName: string };
    return world.buckets.list(bucketName, '').map(({ key }): [string, string] => {
      const [chunks] = /^(fake|index|remote)\//.exec(key) ?? [];
      if (chunks !== undefined) return [`objects in ${bucketName}/${chunks}`, 'some'];
      return [
        `object ${bucketName}/${key}`,
        createHash('sha256')
          .update(world.buckets.get(bucketName, key) ?? '')
          .digest('hex'),
      ];
    });
  });
  return [...new Map(lines)];
}

/** Statuses, what was judged how, and what was approved; dates and what was seen differ. */
function goalsLines(text: string): readonly [string, string][] {
  const goals: Tree = JSON.parse(text);
  return [
    ['goals initiative', goals.initiative.status],
    ...goals.phases.flatMap((phase: Tree) => [
      [`goals ${phase.id}`, phase.status],
      ...phase.objectives.map((objective: Tree) => [`goals ${objective.id}`, JSON.stringify(judged(objective))]),
    ]),
  ];
}

function judged({ status, evidence }: Tree): unknown {
  const checks = Object.entries(evidence?.checks ?? {}).map(([id, { state }]: [string, Tree]) => `${id}=${state}`);
  const approvals = Object.entries(evidence?.approvals ?? {}).map(([of, { by }]: [string, Tree]) => `${of}=${by}`);
  return { status, desired: evidence?.desired, waiting: evidence?.waiting_for, checks: checks.sort(), approvals: approvals.sort() };
}

/** Without ids of runs, moments, hashes of commits, uids, passwords made up by the cluster, and the rollout's own folder. */
function neutralFor(directory: string, { world }: EmbeddedCluster): (text: string) => string {
  const madeUp = world.store.list('v1', 'Secret').flatMap(({ metadata, data = {} }) =>
    Object.entries(data as Record<string, string>)
      .filter(([key]) => key.startsWith('AWS_') || key === 'admin-password')
      .map(([key, value]) => [value, `<${key} of ${metadata.namespace}/${metadata.name}>`] as const),
  );
  return (text) =>
    madeUp
      .reduce((rest, [value, instead]) => rest.replaceAll(value, instead), text)
      .replaceAll(directory, '<directory>')
      .replaceAll(/\b\d{8}t\d{6}-[0-9a-f]{6}\b/g, '<run>')
      .replaceAll(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, '<uid>')
      .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)/g, '<time>')
      .replaceAll(/\bsha1:[0-9a-f]{40}\b/g, 'sha1:<commit>')
      // How long the rollout took until the clock was moved.
      .replaceAll(/"offsetMilliseconds":"(\d+)"/g, (_, offset) => `"offset":"${Math.round(Number(offset) / 3_600_000)} h"`)
      // Taking over from the dead is counted, as it should be.
      .replaceAll(/"leaseTransitions":\d+/g, '"leaseTransitions":"<number>"');
}

function uniqueIn(state: Readonly<Record<string, string>>, about: string): string {
  let unique = about;
  for (let number = 2; unique in state; number += 1) unique = `${about} (${number})`;
  return unique;
}

async function git(cwd: string, ...args: readonly string[]): Promise<string> {
  return (await execa('git', args, { cwd })).stdout;
}
