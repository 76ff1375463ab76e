import type { Manifest } from '#model/kubernetes.ts';
import { memoryOf } from '../memory.ts';
import { specOf } from '../tree.ts';
import type { ServiceProcess, World } from '../world.ts';
import { pageNotFound, request } from './answers.ts';
import { countRequests, lokiPods, runsContainer } from './loki.ts';
import { runningLoki } from './loki-state.ts';
import { exposeMetrics, type Metrics } from './metrics.ts';
import type { Send } from './network.ts';

interface Counted {
  /** Milliseconds; 0 before the first push. */
  at: number;
  entries: number;
  missing: number;
  arriving: boolean;
}

const countedOf = memoryOf((): Counted => ({ at: 0, entries: 0, missing: 0, arriving: true }));

export const canaryProcess: (pod: Manifest) => ServiceProcess = (pod) => (asked, world) =>
  asked.path === '/metrics' ? exposeMetrics(canaryMetrics(pod, world)) : pageNotFound();

/**
 * A canary writes a line a second and looks for it. Here it really pushes once a look, through the address it was given, and
 * that line stands for the seconds since the last one: the clock may have jumped by days.
 */
export async function pushCanaries(world: World, send: Send): Promise<void> {
  for (const pod of world.store.list('v1', 'Pod')) if (runsContainer(pod, 'loki-canary')) await pushCanary(world, pod, send);
}

export const canaryMetrics: Metrics = (pod, world) => {
  const { at, entries, missing, arriving } = countedOf(world, pod.metadata.uid ?? '');
  const since = at === 0 ? 0 : Math.floor((world.now().getTime() - at) / 1000);
  return [
    { name: 'loki_canary_entries_total', value: entries + since, perSecond: 1 },
    { name: 'loki_canary_missing_entries_total', value: missing + (arriving ? 0 : since), perSecond: arriving ? 0 : 1 },
  ];
};

async function pushCanary(world: World, pod: Manifest, send: Send): Promise<void> {
  const counted = countedOf(world, pod.metadata.uid ?? '');
  const now = world.now().getTime();
  const seconds = counted.at === 0 ? 0 : (now - counted.at) / 1000;
  if (counted.at !== 0 && seconds < 1) return;
  const address = /-addr=(\S+)/.exec(specOf(pod).containers[0].args.join(' '))?.[1]?.replace(/\.:/, ':');
  const values = [[`${now}000000`, `${now}000000 ${'p'.repeat(60)}`]];
  const stream = { name: 'loki-canary', stream: 'stdout', pod: pod.metadata.name };
  const { path, ...pushed } = request('POST', '/loki/api/v1/push', { body: { streams: [{ stream, values }] } });
  const answer = await send(world, `http://${address}${path}`, pushed);
  counted.arriving = answer?.status === 204;
  const written = Math.max(1, Math.floor(seconds));
  counted.entries += written;
  if (!counted.arriving) counted.missing += written;
  counted.at = now;
  const loki = lokiPods(world)[0];
  if (answer !== undefined && loki !== undefined) {
    countRequests(runningLoki(world, loki), `POST loki_api_v1_push ${answer.status}`, Math.floor(seconds / 3));
  }
}
