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
  /** Lines that it asked for: those that came back, and those that did not. */
  returned: number;
  missing: number;
}

/** Who was not looked at for longer has not waited for that line; milliseconds. */
const PATIENCE = 60_000;

const countedOf = memoryOf((): Counted => ({ entries: 0, returned: 0, missing: 0 }));

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
  const { at, entries, returned, missing } = countedOf(world, pod.metadata.uid ?? '');
  const since = at === undefined ? 0 : Math.floor((world.now().getTime() - at) / 1000);
  return [
    { name: 'loki_canary_entries_total', value: entries + since, perSecond: at === undefined ? 0 : 1 },
    { name: 'loki_canary_missing_entries_total', value: missing },
    { name: 'loki_canary_response_latency_seconds_count', value: returned },
  ];
};

async function pushCanary(world: World, pod: Manifest, send: Send): Promise<void> {
  const counted = countedOf(world, pod.metadata.uid ?? '');
  const now = world.now().getTime();
  const seconds = counted.at === undefined ? 1 : Math.floor((now - counted.at) / 1000);
  if (seconds < 1) return;
  if (counted.at !== undefined && now - counted.at < PATIENCE) await askBack(world, pod, counted, send);
  const values = [[`${now}000000`, `${now}000000 ${'p'.repeat(60)}`]];
  const stream = { name: 'loki-canary', stream: 'stdout', pod: pod.metadata.name };
  const answer = await send(world, `${addressOf(pod)}/push`, request('POST', { body: { streams: [{ stream, values }] } }));
  const arrived = answer?.status === 204;
  counted.entries += arrived ? seconds : 0;
  counted.at = arrived ? now : undefined;
}

/** Whether the line that it wrote last is found. */
async function askBack(world: World, pod: Manifest, counted: Counted, send: Send): Promise<void> {
  const query = `{name="loki-canary", pod="${pod.metadata.name}"} |= "${counted.at}000000"`;
  const answer = await send(world, `${addressOf(pod)}/query_range`, request('GET', { query: { query, since: '1h' } }));
  if (answer?.status !== 200) return;
  if (JSON.parse(String(answer.body)).data.result.length > 0) counted.returned += 1;
  else counted.missing += 1;
}

function addressOf(pod: Manifest): string {
  return `http://${/-addr=(\S+)/.exec(specOf(pod).containers[0].args.join(' '))?.[1]}/loki/api/v1`;
}
