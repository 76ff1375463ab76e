import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { connect } from '#adapters/kubernetes/connect.ts';
import { readList } from '#adapters/kubernetes/read.ts';
import { type Manifest, nameOf, refOf, scopeOf } from '#model/kubernetes.ts';
import { hashOf, specOf, statusOf, type Tree } from '#rehearsal/tree.ts';
import { type EndState, gist } from '../../crash/end-state.ts';
import type { RealCluster } from '../cluster.ts';
import { listObjects } from './bucket.ts';
import { getObject } from './objects.ts';
import type { User } from './user.ts';

/** Where the session of an undisturbed rollout leaves its end state for the one that is killed. */
export const UNDISTURBED = path.join(process.env.ANTON_LOGGING_REAL_SHARED ?? os.tmpdir(), 'undisturbed.json');

const KINDS = [
  ['apps/v1', 'StatefulSet'],
  ['apps/v1', 'Deployment'],
  ['apps/v1', 'DaemonSet'],
  ['v1', 'ConfigMap'],
  ['v1', 'PersistentVolumeClaim'],
  ['v1', 'Service'],
  ['source.toolkit.fluxcd.io/v1', 'HelmChart'],
  ['source.toolkit.fluxcd.io/v1', 'HelmRepository'],
  ['kustomize.toolkit.fluxcd.io/v1', 'Kustomization'],
  ['helm.toolkit.fluxcd.io/v2', 'HelmRelease'],
  ['objectbucket.io/v1alpha1', 'ObjectBucketClaim'],
  ['external-secrets.io/v1', 'ExternalSecret'],
  ['monitoring.coreos.com/v1', 'ServiceMonitor'],
  ['monitoring.coreos.com/v1', 'PrometheusRule'],
  ['coordination.k8s.io/v1', 'Lease'],
] as const;
const NAMESPACES = ['monitoring', 'airflow', 'flux-system'];

/** Git, the cluster, its buckets, and the goals file. */
export async function readEndState(cluster: RealCluster, user: User): Promise<EndState> {
  const kubernetes = await connect({ kubeconfig: cluster.kubeconfig });
  const lists = await Promise.all(
    KINDS.flatMap(([apiVersion, kind]) =>
      NAMESPACES.map((namespace) =>
        readList(kubernetes, { of: 'list', scope: scopeOf({ apiVersion, kind, namespace }) }, AbortSignal.timeout(30_000)),
      ),
    ),
  );
  await user.git('fetch', '--quiet', 'origin');
  const lines: [string, string][] = [
    ...(await user.git('ls-tree', '-r', 'origin/main')).split('\n').map((line): [string, string] => {
      const [entry = '', file] = line.split('\t');
      return [`file ${file}`, file === 'goals/goals.json' ? 'the goals' : entry];
    }),
    ['commits', await user.git('log', '--reverse', '--format=%s', 'origin/main')],
    ...lists
      .flatMap(({ items }) => items)
      .filter(isLasting)
      .map((object): [string, string] => [nameOf(refOf(object)), contentOf(object)]),
    ...(await bucketLines(cluster)),
    ...goalsLines(JSON.parse(await fs.readFile(user.goalsFile, 'utf8'))),
  ];
  return Object.fromEntries(lines);
}

/** What Flux, Helm and the control plane keep for themselves is not the rollout's. */
function isLasting({ kind, metadata }: Manifest): boolean {
  if (kind === 'ConfigMap') return metadata.name !== 'kube-root-ca.crt';
  return kind !== 'Lease' || metadata.name === 'anton-logging';
}

/** The spec, and of the status what a person would look at: no times, counters, revisions and addresses. */
function contentOf(object: Manifest): string {
  const { clusterIP: _, clusterIPs: __, volumeName: ___, ...spec } = specOf(object);
  if (object.kind === 'Lease') return JSON.stringify({ held: spec.holderIdentity ?? 'by nobody' });
  return JSON.stringify({ spec: object.kind === 'ConfigMap' ? hashOf(object.data, 64) : spec, ...gist(object.status) });
}

/** How Loki cuts its chunks depends on timing: that there are some has to do. */
async function bucketLines(cluster: RealCluster): Promise<readonly [string, string][]> {
  const [loki, airflow] = await Promise.all([listObjects(cluster.s3, 'loki-logs'), listObjects(cluster.s3, 'airflow-logs')]);
  const isIndex = (key: string) => key.startsWith('index/');
  return [
    ['index in loki-logs', await judgeIndex(cluster, loki.some(isIndex))],
    ...loki.filter((key) => !isIndex(key)).map((key) => lineOf('loki-logs', key)),
    ...airflow.map((key) => lineOf('airflow-logs', key)),
  ];
}

function lineOf(bucket: string, key: string): [string, string] {
  const [some] = /^(fake|remote)\//.exec(key) ?? [];
  return [some === undefined ? `object ${bucket}/${key}` : `objects in ${bucket}/${some}`, 'there'];
}

/** Loki closes its index on each quarter of an hour, by the clock on the wall, and has uploaded it soon after. */
const QUARTER = 15 * 60_000;
const SOON = 3 * 60_000;

/** Whether a quarter has passed since Loki's start is not the rollout's doing: that the index is there when one has, and not before, is. */
async function judgeIndex(cluster: RealCluster, isThere: boolean): Promise<string> {
  const pod = await getObject(cluster, { apiVersion: 'v1', kind: 'Pod', namespace: 'monitoring', name: 'loki-0' });
  const { state } = statusOf(pod).containerStatuses.find(({ name }: Tree) => name === 'loki');
  const now = Date.now();
  const quarter = now - (now % QUARTER);
  const mayBe = quarter > Date.parse(state.running.startedAt);
  const mustBe = quarter - QUARTER > Date.parse(state.running.startedAt) || (mayBe && now - quarter > SOON);
  return isThere ? (mayBe ? 'in time' : 'too early') : mustBe ? 'missing' : 'in time';
}

function goalsLines(goals: Tree): readonly [string, string][] {
  return goals.phases.flatMap((phase: Tree) => [
    [`goals ${phase.id}`, phase.status],
    ...phase.objectives.map(({ id, status, evidence }: Tree) => {
      const checks = Object.entries(evidence?.checks ?? {}).map(([check, { state }]: [string, Tree]) => `${check}=${state}`);
      return [`goals ${id}`, JSON.stringify({ status, desired: evidence?.desired, checks: checks.sort() })];
    }),
  ]);
}
