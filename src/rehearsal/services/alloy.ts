import type { Manifest } from '#model/kubernetes.ts';
import { logKey } from '../controllers/logs.ts';
import { memoryOf } from '../memory.ts';
import { dataOf, specOf, type Tree, volumeOf } from '../tree.ts';
import type { ServiceProcess, World } from '../world.ts';
import { type Block, LoadFailure, parseAlloy, stringsIn } from './alloy-configuration.ts';
import { type Passing, relabel, runStages, visibleLabels } from './alloy-pipeline.ts';
import { json, pageNotFound, request } from './answers.ts';
import { runsContainer } from './loki.ts';
import { type Labels, nameStream } from './loki-state.ts';
import { exposeMetrics, type Metrics } from './metrics.ts';
import type { Send } from './network.ts';

interface Shipping {
  /** How many lines of each file were read. */
  readonly files: Map<string, number>;
  /** What a rate limit still lets pass, by the value of its label. */
  readonly buckets: Map<string, { tokens: number; at: number; dropped: number }>;
  sent: number;
  dropped: number;
}

interface Loaded {
  readonly components: readonly Block[];
  readonly failure?: string;
}

const shippingOf = memoryOf((): Shipping => ({ files: new Map(), buckets: new Map(), sent: 0, dropped: 0 }));
/** How many lines of each pod are done with, as Alloy keeps it on its volume. */
const positionsOf = memoryOf(() => new Map<string, number>());
const clockOf = memoryOf(() => ({ sequence: 0 }));
const loadedOf = memoryOf((): { loaded?: Loaded } => ({}));

/** Alloy's own HTTP server. */
export function alloyProcess(pod: Manifest): ServiceProcess {
  return ({ path }, world) => {
    if (path === '/metrics') return exposeMetrics([...alloyMetrics(pod, world), ...detailsOf(pod, world)]);
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

/** What nobody asks Prometheus for: the files that are read, and what the rate limit dropped of whom. */
const detailsOf: Metrics = (pod, world) => {
  const { files, buckets } = shippingOf(world, pod.metadata.uid ?? '');
  return [
    ...[...files].map(([path, value]) => ({ name: 'loki_source_file_read_lines_total', labels: { path }, value })),
    ...[...buckets].map(([label_value, { dropped: value }]) => ({
      name: 'loki_process_dropped_lines_by_label_total',
      labels: { label_name: 'pod', label_value },
      value,
    })),
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
  const positions = positionsOf(world, positionsKey(collector));
  const clock = clockOf(world, 'lines');
  const upTo = new Map<string, number>();
  const passed: Passing[] = [];
  for (const pod of discover(world, components, collector)) {
    const lines = world.logs.get(logKey(pod)) ?? [];
    const done = positions.get(logKey(pod)) ?? 0;
    const fresh = Map.groupBy(lines.slice(done), ({ container }) => container);
    for (const { name } of specOf(pod).containers) {
      const labels = relabel(rules, pod, name);
      const file = `/var/log/pods/${pod.metadata.namespace}_${pod.metadata.name}_${directoryUid(pod)}/${name}/0.log`;
      if (labels === undefined || !isMatched(labels.__path__ ?? '', file)) continue;
      const written = fresh.get(name) ?? [];
      if (written.length > 0) upTo.set(logKey(pod), lines.length);
      shipping.files.set(file, (shipping.files.get(file) ?? 0) + written.length);
      for (const { at, line } of written) {
        // Each Alloy stamps lines finer than this world's clock: those of one millisecond keep their order.
        clock.sequence = (clock.sequence + 1) % 1_000_000;
        const fraction = String(clock.sequence).padStart(6, '0');
        // As the container runtime writes it, and as it stays unless a stage takes the prefix off.
        const raw = `${at.toISOString().slice(0, -1)}${fraction}Z stdout F ${line}`;
        const read = `${world.now().getTime()}${fraction}`;
        const given = { at: read, line: raw, labels: visibleLabels(labels), metadata: {}, extracted: {} };
        const passing = runStages(stages, given, (limit, by) => takeToken(world, shipping, limit, by));
        if (passing) passed.push(passing);
      }
    }
  }
  if (upTo.size === 0) return;
  const status = await deliver(world, stringsIn(endpoint.attributes.url)[0] ?? '', passed, send);
  // Nobody listens, or Loki has trouble: tried again at the next look. What it refuses is lost.
  if (status === undefined || status === 429 || status >= 500) return;
  for (const [key, count] of upTo) positions.set(key, count);
  if (status === 204) shipping.sent += passed.length;
  else shipping.dropped += passed.length;
}

/** Kept by the node where a directory of it is mounted there; otherwise it goes with the container. */
function positionsKey(collector: Manifest): string {
  const { containers, volumes = [], nodeName } = specOf(collector);
  const path = /--storage.path=(\S+)/.exec((containers[0].args ?? []).join(' '))?.[1];
  const mount = containers[0].volumeMounts?.find(({ mountPath }: Tree) => path?.startsWith(mountPath));
  const isKept = volumes.some(({ name, hostPath }: Tree) => name === mount?.name && hostPath !== undefined);
  return isKept ? `${nodeName}${path}` : (collector.metadata.uid ?? '');
}

/** The directory of a static pod is named by the hash of its file, and not by the uid that the API server gave its mirror. */
function directoryUid({ metadata }: Manifest): string {
  return metadata.annotations?.['kubernetes.io/config.hash'] ?? metadata.uid ?? '';
}

function isMatched(glob: string, path: string): boolean {
  const escaped = glob.replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(`^${escaped.replaceAll('*', '[^/]*')}$`).test(path);
}

/** A bucket for each value of the label: it holds the burst, and fills up at the rate. A line without the label is not limited. */
function takeToken(world: World, { buckets }: Shipping, { attributes }: Block, labels: Labels): boolean {
  const value = labels[stringsIn(attributes.by_label_name)[0] ?? ''];
  if (value === undefined) return true;
  const [rate, burst] = [Number(attributes.rate), Number(attributes.burst)];
  const now = world.now().getTime();
  const bucket = buckets.get(value) ?? { tokens: burst, at: now, dropped: 0 };
  buckets.set(value, bucket);
  bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.at) / 1000) * rate);
  bucket.at = now;
  const mayPass = bucket.tokens >= 1;
  if (mayPass) bucket.tokens -= 1;
  else bucket.dropped += 1;
  return mayPass;
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
