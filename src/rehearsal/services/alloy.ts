import type { Manifest } from '#model/kubernetes.ts';
import { logKey } from '../controllers/logs.ts';
import { memoryOf } from '../memory.ts';
import { dataOf, specOf, type Tree } from '../tree.ts';
import type { ServiceProcess, World } from '../world.ts';
import { type Block, LoadFailure, parseAlloy, stringsIn } from './alloy-configuration.ts';
import { type Buckets, type Passing, relabel, runStages } from './alloy-pipeline.ts';
import { json, pageNotFound, request, text } from './answers.ts';
import { runsContainer } from './loki.ts';
import { nameStream } from './loki-state.ts';
import { exposeMetrics, type Metrics } from './metrics.ts';
import type { Send } from './network.ts';

interface Shipping {
  /** How many lines of each pod are done with. */
  readonly done: Map<string, number>;
  readonly buckets: Buckets;
  sent: number;
  dropped: number;
}

interface Loaded {
  readonly components: readonly Block[];
  readonly failure?: string;
}

const shippingOf = memoryOf((): Shipping => ({ done: new Map(), buckets: new Map(), sent: 0, dropped: 0 }));
const loadedOf = memoryOf((): { loaded?: Loaded } => ({}));
const clockOf = memoryOf(() => ({ sequence: 0 }));

/** Alloy's own HTTP server. */
export function alloyProcess(pod: Manifest): ServiceProcess {
  return ({ path }, world) => {
    const { components, failure } = load(world, pod);
    if (path === '/-/ready') return text(200, 'Alloy is ready.\n');
    if (path === '/-/healthy')
      return failure === undefined ? text(200, 'All Alloy components are healthy.\n') : text(500, `unhealthy components: ${failure}\n`);
    if (path === '/metrics') return exposeMetrics(alloyMetrics(pod, world));
    if (path !== '/api/v0/web/components') return pageNotFound();
    const health = {
      state: failure === undefined ? 'healthy' : 'unhealthy',
      message: failure ?? 'started component',
      updatedTime: world.now().toISOString(),
    };
    return json(
      components.map(({ name, label }) => ({
        name,
        type: 'block',
        localID: `${name}.${label}`,
        moduleID: '',
        label,
        health,
        referencesTo: [],
        referencedBy: [],
      })),
    );
  };
}

export const alloyMetrics: Metrics = (pod, world) => {
  const { components, failure } = load(world, pod);
  const { sent, dropped } = shippingOf(world, pod.metadata.uid ?? '');
  const health_type = failure === undefined ? 'healthy' : 'unhealthy';
  return [
    { name: 'alloy_config_last_load_successful', value: failure === undefined ? 1 : 0 },
    { name: 'alloy_component_controller_running_components', labels: { health_type }, value: components.length },
    { name: 'loki_write_sent_entries_total', value: sent },
    { name: 'loki_write_dropped_entries_total', labels: { reason: 'ingester_error' }, value: dropped },
  ];
};

/** Every running Alloy takes the new lines of the pods that it discovers through its pipeline to Loki. */
export async function shipLogs(world: World, send: Send): Promise<void> {
  for (const pod of world.store.list('v1', 'Pod')) if (runsContainer(pod, 'alloy')) await ship(world, pod, send);
}

async function ship(world: World, collector: Manifest, send: Send): Promise<void> {
  const { components, failure } = load(world, collector);
  const url = stringsIn(blocksOf(components, 'loki.write')[0]?.blocks.find(({ name }) => name === 'endpoint')?.attributes.url)[0];
  if (failure !== undefined || url === undefined) return;
  const shipping = shippingOf(world, collector.metadata.uid ?? '');
  const rules = blocksOf(components, 'discovery.relabel').flatMap(({ blocks }) => blocks);
  const stages = blocksOf(components, 'loki.process').flatMap(({ blocks }) => blocks);
  const now = world.now();
  const upTo = new Map<string, number>();
  const passed: Passing[] = [];
  for (const pod of discover(world, components, collector)) {
    const lines = world.logs.get(logKey(pod)) ?? [];
    const done = shipping.done.get(logKey(pod)) ?? 0;
    if (lines.length === done) continue;
    upTo.set(logKey(pod), lines.length);
    for (const { container, at, line } of lines.slice(done)) {
      const labels = relabel(rules, pod, container);
      const passing = labels && runStages(stages, { at, line, labels, metadata: {}, extracted: {} }, shipping.buckets, now);
      if (passing) passed.push(passing);
    }
  }
  if (upTo.size === 0) return;
  const delivered = passed.length === 0 ? 204 : await deliver(world, url, passed, send);
  // Nobody listens, or Loki has trouble: tried again at the next look. What it refuses is lost.
  if (delivered === undefined || delivered >= 500 || delivered === 429) return;
  for (const [key, count] of upTo) shipping.done.set(key, count);
  if (delivered === 204) shipping.sent += passed.length;
  else shipping.dropped += passed.length;
}

async function deliver(world: World, url: string, passed: readonly Passing[], send: Send): Promise<number | undefined> {
  const streams = new Map<string, { stream: Passing['labels']; values: unknown[] }>();
  const clock = clockOf(world, 'lines');
  for (const { at, line, labels, metadata } of passed) {
    const stream = streams.get(nameStream(labels)) ?? { stream: labels, values: [] };
    streams.set(nameStream(labels), stream);
    // The files' timestamps are finer than this world's clock: lines of one millisecond keep their order.
    clock.sequence = (clock.sequence + 1) % 1_000_000;
    stream.values.push([`${at.getTime()}${String(clock.sequence).padStart(6, '0')}`, line, metadata]);
  }
  const { path: _, ...pushed } = request('POST', '', { body: { streams: [...streams.values()] } });
  return (await send(world, url, pushed))?.status;
}

/** Without the selector for its own node an Alloy takes every pod's lines, and so does each of the others. */
function discover(world: World, components: readonly Block[], collector: Manifest): readonly Manifest[] {
  const selectors = blocksOf(components, 'discovery.kubernetes').flatMap(({ blocks }) => blocks);
  const ownNode = selectors.some(({ name, attributes }) => name === 'selectors' && attributes.field?.includes('spec.nodeName='));
  const node = specOf(collector).nodeName;
  return world.store.list('v1', 'Pod').filter((pod) => !ownNode || specOf(pod).nodeName === node);
}

function blocksOf(components: readonly Block[], name: string): readonly Block[] {
  return components.filter((component) => component.name === name);
}

/** The configuration as its reloader last put it; one that does not load leaves nothing healthy. */
function load(world: World, pod: Manifest): Loaded {
  const { configMap } = specOf(pod).volumes.find((volume: Tree) => volume.name === 'config');
  const container = specOf(pod).containers.find(({ name }: Tree) => name === 'alloy');
  const key = /\/etc\/alloy\/(\S+)/.exec(container.args.join(' '))?.[1] ?? '';
  const written =
    dataOf(world.store.get({ apiVersion: 'v1', kind: 'ConfigMap', namespace: pod.metadata.namespace ?? '', name: configMap.name }))[key] ??
    '';
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
