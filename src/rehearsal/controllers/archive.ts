import type { Manifest } from '#model/kubernetes.ts';
import { specOf, type Tree } from '../tree.ts';
import type { World } from '../world.ts';

/** The task logs on Airflow's claim: small ones in place of the 83Gi that the kubelet reports. Path below the claim and content. */
export function claimFiles(): readonly { readonly path: string; readonly content: string }[] {
  return ['cleanup', 'etl', 'reports'].flatMap((dag) =>
    Array.from({ length: 16 }, (_, run) => {
      const path = `dag_id=${dag}/run_id=scheduled__${String(run).padStart(2, '0')}/task_id=load/attempt=1.log`;
      return {
        path,
        content:
          `[2026-01-${10 + run}] {taskinstance.py} INFO - Marking task as SUCCESS. dag_id=${dag}, task_id=load, try_number=1\n`.repeat(
            4 + run,
          ),
      };
    }),
  );
}

/**
 * What a pod with ARCHIVE_BUCKET and ARCHIVE_PREFIX in its environment does: copies every file of its claim, then writes the manifest.
 * @returns what went wrong, as its log would say
 */
export function archiveClaim(world: World, pod: Manifest): string | undefined {
  const env: Tree[] = specOf(pod).containers[0].env ?? [];
  const value = (wanted: string): string => env.find(({ name }) => name === wanted)?.value;
  const bucket = value('ARCHIVE_BUCKET');
  if (bucket === undefined) return undefined;
  if (!(specOf(pod).volumes ?? []).some((volume: Tree) => volume.persistentVolumeClaim)) return 'no claim is mounted';
  if (!world.buckets.has(bucket)) return `NoSuchBucket: ${bucket}`;
  const prefix = value('ARCHIVE_PREFIX').replace(/\/$/, '');
  const files = claimFiles();
  for (const { path, content } of files) world.buckets.put(bucket, `${prefix}/${path}`, Buffer.from(content));
  const manifest = { files: files.length, bytes: files.reduce((sum, { content }) => sum + Buffer.byteLength(content), 0) };
  world.buckets.put(bucket, `${prefix}/MANIFEST.json`, Buffer.from(JSON.stringify(manifest)));
  return undefined;
}
