import * as v from 'valibot';
import { type Check, check } from '#model/check.ts';
import type { Airflow } from '#model/environment.ts';
import { Unreadable } from '#model/errors.ts';
import type { Read, S3Answer } from '#model/read.ts';
import { failed, met, pending, type Verdict } from '#model/verdict.ts';
import { readClaim } from './airflow-claim.ts';
import { Job } from './objects.ts';
import { formatBytes } from './quantity.ts';
import { parse, parseJson, readBucket, readObject } from './reads.ts';
import { refused } from './s3-refusal.ts';

const MANIFEST = 'MANIFEST.json';
const INVENTORY = 'INVENTORY.txt';
/** How many files a message names. */
const NAMED = 5;

const Manifest = v.object({ files: v.number(), bytes: v.number(), claimBytes: v.optional(v.number()) });
export type ArchiveManifest = v.InferOutput<typeof Manifest>;

/** Path below the claim to bytes. */
type Inventory = ReadonlyMap<string, number>;

/** Below this prefix the archive lies in Airflow's bucket, one folder a claim. */
export function archivePrefix({ claim }: Airflow): string {
  return `archive/${claim}`;
}

export function archiveJobName({ release }: Airflow): string {
  return `${release}-log-archive`;
}

/** Every file of the inventory, which was made before the copy, lies in the bucket with its size: listed anew, not taken from the job's word. */
export const archiveIsComplete = (airflow: Airflow): Check =>
  check({
    id: 'airflow.archive-complete',
    title: `The files of claim ${airflow.namespace}/${airflow.claim} are in bucket ${airflow.archive.name}`,
    holds: 'once',
    reads: {
      claim: readClaim(airflow),
      job: readObject({ apiVersion: 'batch/v1', kind: 'Job', namespace: airflow.namespace, name: archiveJobName(airflow) }, Job),
      manifest: readManifest(airflow),
      inventory: readInventory(airflow),
      list: readBucket(airflow.archive, 'list', { key: `${archivePrefix(airflow)}/` }),
    },
    judge: ({ claim, job, manifest, inventory, list }) => {
      if (manifest === undefined) return notArchived(airflow, claim !== undefined, job);
      if (list.status !== 200) return refused('list', airflow.archive, list);
      const { objects = [] } = list;
      const prefix = `${archivePrefix(airflow)}/`;
      const sizes = new Map(objects.map(({ key, size }) => [key.slice(prefix.length), size]));
      // The inventory is written first and the manifest last: what does not fit is of before, although all was asked for at once.
      const older = !sizes.has(MANIFEST) ? 'list' : inventory === undefined && sizes.has(INVENTORY) ? INVENTORY : undefined;
      if (older !== undefined)
        return pending('the archive was finished while it was looked at', [`its ${older} is older than its manifest`], 'nothing yet');
      if (inventory === undefined)
        return doubtful(airflow, `${prefix}${INVENTORY} is not in the bucket`, ['nobody can tell what the claim held']);
      const counted = { files: inventory.size, bytes: sum(inventory.values()) };
      if (counted.files !== manifest.files || counted.bytes !== manifest.bytes)
        return doubtful(airflow, `${prefix}${INVENTORY} names ${describe(counted)}`, [`${MANIFEST} beside it says ${describe(manifest)}`]);
      const wrong = [...inventory].flatMap(([path, size]) => differs(`${prefix}${path}`, size, sizes.get(path)));
      if (wrong.length === 0) return met(describe(manifest));
      const more = wrong.length > NAMED ? [`and ${wrong.length - NAMED} more`] : [];
      const saw = `${wrong.length} of ${inventory.size} files of claim ${airflow.namespace}/${airflow.claim} are not in the archive as they were`;
      return doubtful(airflow, saw, [...wrong.slice(0, NAMED), ...more]);
    },
  });

/** What the step that archives needs to know: undefined where there is no manifest of a finished archive. */
export function readManifest(airflow: Airflow): Read<ArchiveManifest | undefined> {
  const read = readArchived(airflow, MANIFEST);
  return {
    ...read,
    decode: (answer) => {
      const body = read.decode(answer);
      return body === undefined ? undefined : parse(Manifest, parseJson(body, read.subject), read.subject);
    },
  };
}

/** When the archive was finished; undefined while there is none. */
export function readArchiveTime(airflow: Airflow): Read<Date | undefined> {
  const read = readBucket(airflow.archive, 'list', { key: `${archivePrefix(airflow)}/${MANIFEST}` });
  return {
    ...read,
    decode: (answer) => {
      const { status, code, objects } = read.decode(answer);
      if (status !== 200) throw new Unreadable(`${read.subject}: list: ${status} ${code ?? ''}`.trim());
      const [manifest] = objects ?? [];
      return manifest === undefined ? undefined : new Date(manifest.modified);
    },
  };
}

/** A line a file, as the job writes it: its bytes, a space, its path below the claim. */
function readInventory(airflow: Airflow): Read<Inventory | undefined> {
  const read = readArchived(airflow, INVENTORY);
  return {
    ...read,
    decode: (answer) => {
      const body = read.decode(answer);
      if (body === undefined) return undefined;
      const lines = body.split('\n').filter((line) => line !== '');
      return new Map(
        lines.map((line) => {
          const [, size, path = ''] = /^(\d+) (.+)$/.exec(line) ?? [];
          if (size === undefined) throw new Unreadable(`${read.subject}: ${INVENTORY}: not a size and a path: ${line.slice(0, 80)}`);
          return [path, Number(size)];
        }),
      );
    },
  };
}

function readArchived(airflow: Airflow, name: string): Read<string | undefined> {
  const read = readBucket(airflow.archive, 'get', { key: `${archivePrefix(airflow)}/${name}` });
  return {
    ...read,
    decode: (answer) => {
      const { status, code, body = '' }: S3Answer = read.decode(answer);
      if (status === 200) return body;
      // Only "not there" means that nothing was archived: on any other answer nobody may begin again.
      if (status === 404) return undefined;
      throw new Unreadable(`${read.subject}: ${name}: ${status} ${code ?? ''}`.trim());
    },
  };
}

function notArchived(airflow: Airflow, hasClaim: boolean, job: Job | undefined): Verdict {
  const { namespace, claim } = airflow;
  const name = archiveJobName(airflow);
  const logs = `kubectl logs -n ${namespace} job/${name}`;
  if (!hasClaim)
    return failed(
      `there is neither claim ${namespace}/${claim} nor an archive of it`,
      [`${archivePrefix(airflow)}/${MANIFEST} is not in bucket ${airflow.archive.name}`],
      'name the claim in environment.airflow.claim, or set environment.airflow to null when Airflow has no log claim',
    );
  const end = job?.status.conditions.find(({ type, status }) => type === 'Failed' && status === 'True');
  return end === undefined
    ? pending('there is no archive yet', [`${archivePrefix(airflow)}/${MANIFEST} is not in the bucket`], logs)
    : failed(
        `Job ${namespace}/${name} failed: ${end.reason}`,
        [`claim ${namespace}/${claim} is not archived`, end.message],
        `${logs} says why; then kubectl delete job -n ${namespace} ${name}, and resume: it begins anew`,
      );
}

/** On any doubt it is archived again: what is there already is not copied twice. */
function doubtful(airflow: Airflow, saw: string, cause: readonly string[]): Verdict {
  const { namespace, archive } = airflow;
  const job = `kubectl delete job -n ${namespace} ${archiveJobName(airflow)}`;
  return failed(
    saw,
    cause,
    `delete ${archivePrefix(airflow)}/${MANIFEST} in bucket ${archive.name} and the job (${job}), then resume: while the claim is there it is archived again`,
  );
}

function differs(key: string, wanted: number, size: number | undefined): readonly string[] {
  if (size === wanted) return [];
  return [size === undefined ? `${key} is missing` : `${key} has ${size} bytes, and had ${wanted} on the claim`];
}

function describe({ files, bytes }: { readonly files: number; readonly bytes: number }): string {
  return `${files} files, ${formatBytes(bytes)}`;
}

function sum(numbers: Iterable<number>): number {
  return [...numbers].reduce((total, number) => total + number, 0);
}
