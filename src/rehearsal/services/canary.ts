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
  /** Of the last line that arrived; milliseconds, 0 before the first one. */
  at: number;
  /** Since when the line in hand does not arrive; milliseconds. */
  stuck?: number | undefined;
  entries: number;
  missing: number;
}

/** What ten attempts with the canary's back-off take: then it gives a line up; milliseconds. */
const GIVEN_UP = 511_500;

const countedOf = memoryOf((): Counted => ({ at: 0, entries: 0, missing: 0 }));

export const canaryProcess: (pod: Manifest) => ServiceProcess = (pod) => (asked, world) =>
  asked.path === '/metrics' ? exposeMetrics(canaryMetrics(pod, world)) : pageNotFound();

/**
 * A canary writes a line a second and looks for it; while one does not arrive it writes no other. Here it really pushes once a
 * look, through the address it was given, and that line stands for the seconds since the last one: the clock may have jumped.
 */
export async function pushCanaries(world: World, send: Send): Promise<void> {
  for (const pod of world.store.list('v1', 'Pod')) if (runsContainer(pod, 'loki-canary')) await pushCanary(world, pod, send);
}

export const canaryMetrics: Metrics = (pod, world) => {
  const { at, stuck, entries, missing } = countedOf(world, pod.metadata.uid ?? '');
  const writes = at !== 0 && stuck === undefined;
  const since = writes ? Math.floor((world.now().getTime() - at) / 1000) : 0;
  return [
    { name: 'loki_canary_entries_total', value: entries + since, perSecond: writes ? 1 : 0 },
    { name: 'loki_canary_missing_entries_total', value: missing },
  ];
};

async function pushCanary(world: World, pod: Manifest, send: Send): Promise<void> {
  const counted = countedOf(world, pod.metadata.uid ?? '');
  const now = world.now().getTime();
  const writes = counted.at !== 0 && counted.stuck === undefined;
  const seconds = writes ? (now - counted.at) / 1000 : 0;
  if (writes && seconds < 1) return;
  const address = /-addr=(\S+)/.exec(specOf(pod).containers[0].args.join(' '))?.[1]?.replace(/\.:/, ':');
  const values = [[`${now}000000`, `${now}000000 ${'p'.repeat(60)}`]];
  const stream = { name: 'loki-canary', stream: 'stdout', pod: pod.metadata.name };
  const { path, ...pushed } = request('POST', '/loki/api/v1/push', { body: { streams: [{ stream, values }] } });
  const answer = await send(world, `http://${address}${path}`, pushed);
  const loki = lokiPods(world)[0];
  if (answer !== undefined && loki !== undefined) {
    countRequests(runningLoki(world, loki), `POST loki_api_v1_push ${answer.status}`, Math.floor(seconds / 3));
  }
  if (answer?.status === 204) {
    counted.entries += Math.max(1, Math.floor(seconds));
    counted.at = now;
    counted.stuck = undefined;
  } else if (now - (counted.stuck ?? now) > GIVEN_UP) {
    counted.entries += 1;
    counted.missing += 1;
    counted.stuck = now;
  } else counted.stuck ??= now;
}
