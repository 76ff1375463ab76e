import type { Manifest } from '#model/kubernetes.ts';
import { memoryOf } from '../memory.ts';
import { specOf } from '../tree.ts';
import type { ServiceProcess, World } from '../world.ts';
import { pageNotFound, request } from './answers.ts';
import { runsContainer } from './loki.ts';
import { exposeMetrics, type Metrics } from './metrics.ts';
import type { Send } from './network.ts';

interface Counted {
  /** When the last line arrived; milliseconds, undefined while one is on its way that does not arrive. */
  at?: number | undefined;
  entries: number;
}

const countedOf = memoryOf((): Counted => ({ entries: 0 }));

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
  const { at, entries } = countedOf(world, pod.metadata.uid ?? '');
  const since = at === undefined ? 0 : Math.floor((world.now().getTime() - at) / 1000);
  return [
    { name: 'loki_canary_entries_total', value: entries + since, perSecond: at === undefined ? 0 : 1 },
    { name: 'loki_canary_missing_entries_total', value: 0 },
  ];
};

async function pushCanary(world: World, pod: Manifest, send: Send): Promise<void> {
  const counted = countedOf(world, pod.metadata.uid ?? '');
  const now = world.now().getTime();
  const seconds = counted.at === undefined ? 1 : Math.floor((now - counted.at) / 1000);
  if (seconds < 1) return;
  const address = /-addr=(\S+)/.exec(specOf(pod).containers[0].args.join(' '))?.[1];
  const values = [[`${now}000000`, `${now}000000 ${'p'.repeat(60)}`]];
  const stream = { name: 'loki-canary', stream: 'stdout', pod: pod.metadata.name };
  const answer = await send(world, `http://${address}/loki/api/v1/push`, request('POST', { body: { streams: [{ stream, values }] } }));
  const arrived = answer?.status === 204;
  counted.entries += arrived ? seconds : 0;
  counted.at = arrived ? now : undefined;
}
