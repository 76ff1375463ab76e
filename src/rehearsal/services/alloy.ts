import type { Manifest } from '#model/kubernetes.ts';
import { logKey } from '../controllers/logs.ts';
import { memoryOf } from '../memory.ts';
import { dataOf, specOf, volumeOf } from '../tree.ts';
import type { ServiceProcess, World } from '../world.ts';
import { type Block, LoadFailure, parseAlloy, stringsIn } from './alloy-configuration.ts';
import { type Passing, relabel, runStages } from './alloy-pipeline.ts';
import { json, pageNotFound, request } from './answers.ts';
import { runsContainer } from './loki.ts';
import { nameStream } from './loki-state.ts';
import { exposeMetrics, type Metrics } from './metrics.ts';
import type { Send } from './network.ts';

interface Shipping {
  /** How many lines of each pod are done with. */
  readonly done: Map<string, number>;
  sent: number;
  dropped: number;
}

interface Loaded {
  readonly components: readonly Block[];
  readonly failure?: string;
}

const shippingOf = memoryOf((): Shipping => ({ done: new Map(), sent: 0, dropped: 0 }));
const clockOf = memoryOf(() => ({ sequence: 0 }));
const loadedOf = memoryOf((): { loaded?: Loaded } => ({}));

/** Alloy's own HTTP server. */
export function alloyProcess(pod: Manifest): ServiceProcess {
  return ({ path }, world) => {
    if (path === '/metrics') return exposeMetrics(alloyMetrics(pod, world));
    const { components, failure } = load(world, pod);
    if (path !== '/api/v0/web/components') return pageNotFound();
    const health = { state: failure === undefined ? 'healthy' : 'unhealthy', message: failure ?? 'started component' };
    return json(components.map(({ name, label }) => ({ name, type: 'block', localID: `${name}.${label}`, label, health })));
  };
}

export const alloyMetrics: Metrics = (pod, world) => {
  const { sent, dropped } = shippingOf(world, pod.metadata.uid ?? '');
  return [
    { name: 'alloy_config_last_load_successful', value: load(world, pod).failure === undefined ? 1 : 0 },
    { name: 'loki_write_sent_entries_total', value: sent },
    { name: 'loki_write_dropped_entries_total', labels: { reason: 'ingester_error' }, value: dropped },
  ];
};

/** Every running Alloy takes the new lines of the pods that it discovers through its pipeline to Loki. */
export async function shipLogs(world: World, send: Send): Promise<void> {
  for (const pod of world.store.list('v1', 'Pod')) if (runsContainer(pod, 'alloy')) await ship(world, pod, send);
}

async function ship(world: World, collector: Manifest, send: Send): Promise<void> {
  const { components } = load(world, collector);
  const [endpoint] = blocksOf(components, 'loki.write');
  if (endpoint === undefined) return;
  const shipping = shippingOf(world, collector.metadata.uid ?? '');
  const rules = blocksOf(components, 'discovery.relabel');
  const stages = blocksOf(components, 'loki.process');
  const clock = clockOf(world, 'lines');
  const upTo = new Map<string, number>();
  const passed: Passing[] = [];
  for (const pod of discover(world, components, collector)) {
    const lines = world.logs.get(logKey(pod)) ?? [];
    const done = shipping.done.get(logKey(pod)) ?? 0;
    if (lines.length > done) upTo.set(logKey(pod), lines.length);
    for (const { container, at, line } of lines.slice(done)) {
      // Each Alloy stamps lines finer than this world's clock: those of one millisecond keep their order.
      clock.sequence = (clock.sequence + 1) % 1_000_000;
      const time = `${at.getTime()}${String(clock.sequence).padStart(6, '0')}`;
      const labels = relabel(rules, pod, container);
      const passing = labels && runStages(stages, { at: time, line, labels, metadata: {}, extracted: {} });
      if (passing) passed.push(passing);
    }
  }
  if (upTo.size === 0) return;
  const status = await deliver(world, stringsIn(endpoint.attributes.url)[0] ?? '', passed, send);
  // Nobody listens, or Loki has trouble: tried again at the next look. What it refuses is lost.
  if (status === undefined || status === 429 || status >= 500) return;
  for (const [key, count] of upTo) shipping.done.set(key, count);
  if (status === 204) shipping.sent += passed.length;
  else shipping.dropped += passed.length;
}

async function deliver(world: World, url: string, passed: readonly Passing[], send: Send): Promise<number | undefined> {
  const byStream = Map.groupBy(passed, ({ labels }) => nameStream(labels));
  const streams = [...byStream.values()].map((lines) => ({
    stream: lines[0]?.labels,
    values: lines.map(({ at, line, metadata }) => [at, line, metadata]),
  }));
  return (await send(world, url, request('POST', { body: { streams } })))?.status;
}

/** Without the selector for its own node an Alloy takes every pod's lines, and so does each of the others. */
function discover(world: World, components: readonly Block[], collector: Manifest): readonly Manifest[] {
  const [selector] = blocksOf(components, 'discovery.kubernetes');
  const ownNode = selector?.attributes.field?.includes('spec.nodeName=');
  const node = specOf(collector).nodeName;
  return world.store.list('v1', 'Pod').filter((pod) => !ownNode || specOf(pod).nodeName === node);
}

/** What stands in the components of a name: rules, stages, an endpoint. */
function blocksOf(components: readonly Block[], name: string): readonly Block[] {
  return components.filter((component) => component.name === name).flatMap(({ blocks }) => blocks);
}

/** The configuration as its reloader last put it; one that does not load leaves nothing but an unhealthy component. */
function load(world: World, pod: Manifest): Loaded {
  const written = dataOf(volumeOf(world.store, pod, 'config'))['config.alloy'] ?? '';
  const kept = loadedOf(world, written);
  kept.loaded ??= tryParse(written);
  return kept.loaded;
}

function tryParse(written: string): Loaded {
  try {
    return { components: parseAlloy(written) };
  } catch (error) {
    if (!(error instanceof LoadFailure)) throw error;
    return { components: [{ name: 'loki.source.file', label: 'pods', attributes: {}, blocks: [] }], failure: error.message };
  }
}
