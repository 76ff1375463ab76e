import { type Manifest, refOf } from '#model/kubernetes.ts';
import { timestamp } from '#rehearsal/api/store.ts';
import { archiveClaim } from '#rehearsal/controllers/archive.ts';
import { printedLines, writeLog } from '#rehearsal/controllers/logs.ts';
import { memoryOf } from '#rehearsal/memory.ts';
import { specOf, type Tree } from '#rehearsal/tree.ts';
import type { World } from '#rehearsal/world.ts';
import { clientOf } from '../gateway.ts';
import { environmentOf, type Lookup } from '../kubelet/root.ts';
import type { Report } from './mirror.ts';
import { locate } from './network.ts';

/** The containers that end by themselves, and what they do until then. */
const WORK: Readonly<Record<string, (world: World, pod: Manifest) => Promise<void>>> = {
  writer: async (world, pod) => {
    for (const line of printedLines(specOf(pod).containers[0])) writeLog(world, pod, 'writer', line);
  },
  archive: archiveFiles,
};
export const ONE_SHOT_CONTAINERS: readonly string[] = Object.keys(WORK);

const begunOf = memoryOf(() => new Set<string>());

/** Plays the kubelet for the pods of the product that end by themselves: they run, do their work and succeed or fail. */
export function playOneShotPods(world: World, report: Report): void {
  const begun = begunOf(world, 'one-shot');
  for (const pod of world.store.list('v1', 'Pod')) {
    const { uid = '', deletionTimestamp } = pod.metadata;
    const work = WORK[specOf(pod).containers[0].name];
    if (work === undefined) continue;
    if (deletionTimestamp !== undefined) world.store.remove(refOf(pod));
    else if (specOf(pod).nodeName !== undefined && !begun.has(uid)) {
      begun.add(uid);
      void play(world, pod, work, report);
    }
  }
}

async function play(world: World, pod: Manifest, work: (world: World, pod: Manifest) => Promise<void>, report: Report): Promise<void> {
  const startedAt = timestamp(world.now());
  world.store.setStatus(refOf(pod), statusOf(pod, 'Running', startedAt, { state: { running: { startedAt } }, started: true, ready: true }));
  const problem = await work(world, pod).catch((error: unknown) => error ?? 'it failed');
  if (problem !== undefined) report(`container of pod ${pod.metadata.namespace}/${pod.metadata.name}`, problem);
  const end = problem === undefined ? { exitCode: 0, reason: 'Completed' } : { exitCode: 1, reason: 'Error' };
  const terminated = { ...end, startedAt, finishedAt: timestamp(world.now()) };
  const phase = problem === undefined ? 'Succeeded' : 'Failed';
  world.store.setStatus(refOf(pod), statusOf(pod, phase, startedAt, { state: { terminated }, started: false, ready: false }));
}

function statusOf(pod: Manifest, phase: string, startTime: string, container: Tree): Tree {
  const { name, image } = specOf(pod).containers[0];
  const lastTransitionTime = startTime;
  const readiness =
    phase === 'Running' ? { status: 'True' } : { status: 'False', reason: phase === 'Failed' ? 'PodFailed' : 'PodCompleted' };
  return {
    phase,
    startTime,
    conditions: [
      { type: 'PodScheduled', status: 'True', lastTransitionTime },
      { type: 'Initialized', status: 'True', lastTransitionTime },
      { type: 'ContainersReady', ...readiness, lastTransitionTime },
      { type: 'Ready', ...readiness, lastTransitionTime },
    ],
    containerStatuses: [{ name, image, imageID: image, restartCount: 0, lastState: {}, ...container }],
  };
}

/** Puts what the embedded cluster's archive holds into the real bucket, with the keys that the pod was given. */
async function archiveFiles(world: World, pod: Manifest): Promise<void> {
  const { namespace = '' } = pod.metadata;
  const find: Lookup = (kind, name) => world.store.get({ apiVersion: 'v1', kind, namespace, name });
  const environment = environmentOf(pod, specOf(pod).containers[0], find);
  const endpoint = environment.RCLONE_CONFIG_TARGET_ENDPOINT ?? '';
  const address = locate(world, endpoint);
  if (address === undefined) throw new Error(`nobody listens at ${endpoint}`);
  const keys = {
    accessKeyId: environment.RCLONE_CONFIG_TARGET_ACCESS_KEY_ID ?? '',
    secretAccessKey: environment.RCLONE_CONFIG_TARGET_SECRET_ACCESS_KEY ?? '',
  };
  const client = clientOf(keys, environment.RCLONE_CONFIG_TARGET_REGION ?? '');
  const files: { path: string; body: Buffer }[] = [];
  const put = (bucket: string, key: string, body: Buffer) => files.push({ path: `/${bucket}/${key}`, body });
  archiveClaim({ buckets: { put } } as unknown as World, pod);
  for (const { path, body } of files) {
    const response = await client.fetch(`${address.origin}${path}`, { method: 'PUT', body: new Uint8Array(body) });
    if (!response.ok) throw new Error(`PUT ${path}: status ${response.status}: ${await response.text()}`);
  }
}
