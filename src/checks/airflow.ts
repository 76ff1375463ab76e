import * as v from 'valibot';
import { type Check, check } from '#model/check.ts';
import type { Airflow, Loki, Prometheus } from '#model/environment.ts';
import { Unreadable } from '#model/errors.ts';
import type { Scope } from '#model/kubernetes.ts';
import type { Read, S3Answer } from '#model/read.ts';
import { failed, met, pending } from '#model/verdict.ts';
import { notAnswering } from './answering.ts';
import { readLines } from './loki-lines.ts';
import { Claim, Pod } from './objects.ts';
import { readQuery, samplesOf } from './prometheus.ts';
import { formatBytes, parseQuantity } from './quantity.ts';
import { parse, parseJson, readBucket, readList, readObject } from './reads.ts';
import { refused } from './s3.ts';

/** Below this prefix the archive lies in Airflow's bucket, one folder a claim. */
export function archivePrefix({ claim }: Airflow): string {
  return `archive/${claim}`;
}

/** Used bytes, not the claim's size: "100Gi" says what was asked for. Without a Prometheus only the size can be told, and it says so. */
export const claimIsLarge = (airflow: Airflow, prometheus: Prometheus | null, threshold: string): Check =>
  check({
    id: 'airflow.claim-use',
    title: `Airflow's log claim uses more than ${threshold}`,
    holds: 'on-entry',
    reads: {
      claim: readClaim(airflow),
      ...(prometheus === null
        ? {}
        : {
            used: readQuery(
              prometheus,
              `kubelet_volume_stats_used_bytes{namespace="${airflow.namespace}",persistentvolumeclaim="${airflow.claim}"}`,
            ),
          }),
    },
    judge: ({ claim, used }) => {
      if (claim === undefined) return pending('the claim is not there (any more)', [], 'nothing to do');
      const size = claim.spec.resources.requests.storage ?? '0';
      const bytes = used === undefined ? undefined : samplesOf(used)?.[0]?.value;
      const saw = bytes === undefined ? `${size}, the claim's size: its use can't be told` : `${formatBytes(bytes)} used of ${size}`;
      return (bytes ?? parseQuantity(size)) > parseQuantity(threshold)
        ? met(saw)
        : pending(saw, [`the threshold is ${threshold}`], 'nothing to do');
    },
  });

export const taskLogsAreInLoki = (airflow: Airflow, loki: Loki): Check =>
  check({
    id: 'airflow.task-logs-in-loki',
    title: "Finished tasks' logs of Airflow are in Loki",
    holds: 'always',
    reads: { found: readLines(loki.service, `{namespace="${airflow.namespace}"} |= \`Marking task as\``, '24h') },
    judge: ({ found }) => {
      if (found.value === undefined) return notAnswering('query_range', found);
      const lines = found.value.data.result.flatMap(({ values }) => values.map(([, line]) => line));
      const tasks = new Set(lines.map((line) => /dag_id=\S+?,? task_id=[^\s,]+/.exec(line)?.[0] ?? 'a task that does not say its name'));
      return lines.length > 0
        ? met(`${lines.length} finished task instances of ${tasks.size} tasks in 24 h`)
        : pending(
            'no finished task instance in 24 h',
            [`pods in ${airflow.namespace} log to files only, or nothing ran`],
            'let one DAG run; Celery workers need their logs on stdout',
          );
    },
  });

const Manifest = v.object({ files: v.number(), bytes: v.number() });

/** The archive holds as many files and bytes as the claim had when it was copied; listed anew, not taken from the job's word. */
export const archiveIsComplete = (airflow: Airflow): Check =>
  check({
    id: 'airflow.archive-complete',
    title: `The files of claim ${airflow.namespace}/${airflow.claim} are in bucket ${airflow.archive.name}`,
    holds: 'once',
    reads: { manifest: readManifest(airflow), list: readBucket(airflow.archive, 'list', { key: `${archivePrefix(airflow)}/` }) },
    judge: ({ manifest, list }) => {
      if (manifest === undefined)
        return pending(
          'there is no archive yet',
          [`${archivePrefix(airflow)}/MANIFEST.json is not in the bucket`],
          `kubectl logs -n ${airflow.namespace} job/${archiveJobName(airflow)}`,
        );
      if (list.status !== 200) return refused('list', airflow.archive, list);
      const { objects = [] } = list;
      const files = objects.filter(({ key }) => !key.endsWith('/MANIFEST.json'));
      // It is written last: a list without it is of before, although it was asked for at the same time.
      if (files.length === objects.length)
        return pending('the archive was finished while it was looked at', ['its list is older than its manifest'], 'nothing yet');
      const bytes = files.reduce((sum, { size }) => sum + size, 0);
      const saw = `${files.length} files, ${formatBytes(bytes)}`;
      if (files.length === manifest.files && bytes === manifest.bytes) return met(saw);
      return failed(
        saw,
        [`claim ${airflow.namespace}/${airflow.claim} had ${manifest.files} files, ${formatBytes(manifest.bytes)} when it was copied`],
        `delete ${archivePrefix(airflow)}/MANIFEST.json in bucket ${airflow.archive.name} and the job (kubectl delete job -n ${airflow.namespace} ${archiveJobName(airflow)}), then resume: it is archived again`,
      );
    },
  });

export const nothingMounts = (airflow: Airflow): Check =>
  check({
    id: 'airflow.claim-unmounted',
    title: `No pod mounts claim ${airflow.namespace}/${airflow.claim}`,
    holds: 'once',
    reads: { pods: readList(podsOf(airflow), Pod) },
    judge: ({ pods = [] }) => {
      const mounting = pods
        .filter(({ status }) => status.phase !== 'Succeeded' && status.phase !== 'Failed')
        .filter(({ spec }) => spec.volumes.some(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName === airflow.claim))
        .map(({ metadata }) => metadata.name);
      return mounting.length === 0
        ? met('none')
        : pending(`${mounting.length} do`, mounting, `they have to be replaced: kubectl get pods -n ${airflow.namespace}`);
    },
  });

export const claimIsGone = (airflow: Airflow): Check =>
  check({
    id: 'airflow.claim-gone',
    title: `No log claim of Airflow is left in ${airflow.namespace}`,
    holds: 'always',
    reads: { claims: readList({ group: '', version: 'v1', resource: 'persistentvolumeclaims', namespace: airflow.namespace }, Claim) },
    judge: ({ claims = [] }) => {
      // The chart's defaults bring a claim of 100Gi back for the triggerer.
      const left = claims.map(({ metadata }) => metadata.name).filter((name) => name === airflow.claim || /^logs-/.test(name));
      return left.length === 0
        ? met('none')
        : pending(
            `${left.join(', ')} is left`,
            ['logs.persistence or triggerer.persistence is on, or a claim was orphaned'],
            `kubectl get pvc -n ${airflow.namespace}`,
          );
    },
  });

/** What the step that archives needs to know: undefined where there is no manifest of a finished archive. */
export function readManifest(airflow: Airflow): Read<{ files: number; bytes: number } | undefined> {
  const read = readBucket(airflow.archive, 'get', { key: `${archivePrefix(airflow)}/MANIFEST.json` });
  return {
    ...read,
    decode: (answer) => {
      const { status, code, body = '' }: S3Answer = read.decode(answer);
      if (status === 200) return parse(Manifest, parseJson(body, read.subject), read.subject);
      // Only "not there" means that nothing was archived: on any other answer nobody may begin again.
      if (status === 404) return undefined;
      throw new Unreadable(`${read.subject}: MANIFEST.json: ${status} ${code ?? ''}`.trim());
    },
  };
}

/** When the archive was finished; undefined while there is none. */
export function readArchiveTime(airflow: Airflow): Read<Date | undefined> {
  const read = readBucket(airflow.archive, 'list', { key: `${archivePrefix(airflow)}/MANIFEST.json` });
  return {
    ...read,
    decode: (answer) => {
      const [manifest] = read.decode(answer).objects ?? [];
      return manifest === undefined ? undefined : new Date(manifest.modified);
    },
  };
}

export function readClaim({ namespace, claim }: Airflow) {
  return readObject({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name: claim }, Claim);
}

export function archiveJobName(airflow: Airflow): string {
  return `${airflow.release}-log-archive`;
}

function podsOf({ namespace }: Airflow): Scope {
  return { group: '', version: 'v1', resource: 'pods', namespace };
}
