import type { Manifest } from '#model/kubernetes.ts';
import { specOf, type Tree } from '../tree.ts';
import type { World } from '../world.ts';

/** The task logs on Airflow's claim: small ones in place of the 83Gi that the kubelet reports. Path below the claim to content. */
export function claimFiles(): readonly (readonly [string, Buffer])[] {
  const line = '{taskinstance.py} INFO - Marking task as SUCCESS. dag_id=etl, task_id=load, try_number=1\n';
  return Array.from({ length: 48 }, (_, run) => [
    `dag_id=etl/run_id=scheduled__${run}/task_id=load/attempt=1.log`,
    Buffer.from(line.repeat(4 + (run % 16))),
  ]);
}

/** What a pod with ARCHIVE_BUCKET and ARCHIVE_PREFIX in its environment does: lists the files of its claim, copies them, then writes the manifest. */
export function archiveClaim({ buckets }: World, pod: Manifest): void {
  const env: Tree[] = specOf(pod).containers[0].env ?? [];
  const value = (wanted: string): string => env.find(({ name }) => name === wanted)?.value;
  const bucket = value('ARCHIVE_BUCKET');
  if (bucket === undefined) return;
  const files = claimFiles();
  const put = (path: string, content: Buffer) => buckets.put(bucket, `${value('ARCHIVE_PREFIX')}/${path}`, content);
  put('INVENTORY.txt', Buffer.from(files.map(([path, content]) => `${content.length} ${path}\n`).join('')));
  for (const [path, content] of files) put(path, content);
  const bytes = files.reduce((sum, [, content]) => sum + content.length, 0);
  const manifest = { files: files.length, bytes, claimBytes: Number(value('ARCHIVE_CLAIM_BYTES') ?? 0) };
  put('MANIFEST.json', Buffer.from(JSON.stringify(manifest)));
}
