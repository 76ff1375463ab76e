import type { Manifest } from '#model/kubernetes.ts';
import { hashOf, parseSpan, specOf, type Tree } from '../tree.ts';
import { type Block, entriesIn, stringsIn } from './alloy-configuration.ts';
import { keepsLine, matches, parseQuery, toRegExp } from './logql.ts';
import type { Labels } from './loki-state.ts';

/** A line on its way through the stages. */
export interface Passing {
  readonly at: Date;
  line: string;
  labels: Labels;
  metadata: Labels;
  /** What stages took out of the line. */
  extracted: Labels;
}

/** Room for lines that a `stage.limit` has left, by its key. */
export type Buckets = Map<string, { tokens: number; at: number }>;

/** The labels of a pod's container after the relabel rules; undefined when one of them drops it. */
export function relabel(rules: readonly Block[], pod: Manifest, container: string): Labels | undefined {
  let labels: Record<string, string> = discovered(pod, container);
  for (const { attributes } of rules) {
    const [separator = ';'] = stringsIn(attributes.separator);
    const [regex = '(.*)'] = stringsIn(attributes.regex);
    const [action = 'replace'] = stringsIn(attributes.action);
    const [target = ''] = stringsIn(attributes.target_label);
    const [replacement = '$1'] = stringsIn(attributes.replacement);
    const value = stringsIn(attributes.source_labels)
      .map((label) => labels[label] ?? '')
      .join(separator);
    const found = new RegExp(`^(?:${toRegExp(regex).source})$`).exec(value);
    if (action === 'drop' ? found : action === 'keep' && !found) return undefined;
    if (action === 'replace' && found)
      labels = { ...labels, [target]: replacement.replaceAll(/\$\{?(\d+)\}?/g, (_, group) => found[Number(group)] ?? '') };
  }
  return Object.fromEntries(Object.entries(labels).filter(([label, value]) => !label.startsWith('__') && value !== ''));
}

/** The line after all stages; undefined when one of them dropped it. */
export function runStages(stages: readonly Block[], given: Passing, buckets: Buckets, now: Date): Passing | undefined {
  let passing: Passing | undefined = given;
  for (const stage of stages) {
    passing = STAGES[stage.name]?.(stage, passing, buckets, now) ?? (STAGES[stage.name] === undefined ? passing : undefined);
    if (passing === undefined) return undefined;
  }
  return passing;
}

type Run = (stage: Block, passing: Passing, buckets: Buckets, now: Date) => Passing | undefined;

const STAGES: Readonly<Record<string, Run>> = {
  'stage.cri': (_, passing) => ({ ...passing, labels: { ...passing.labels, stream: 'stdout' } }),
  'stage.drop': ({ attributes }, passing, _, now) => {
    const [older] = stringsIn(attributes.older_than);
    const [longer] = stringsIn(attributes.longer_than);
    const tooOld = older !== undefined && now.getTime() - passing.at.getTime() > (parseSpan(older) ?? 0);
    const tooLong = longer !== undefined && passing.line.length > Number.parseInt(longer, 10) * 1024;
    return tooOld || tooLong ? undefined : passing;
  },
  'stage.match': (stage, passing, buckets, now) => {
    const { selector, stages } = parseQuery(stringsIn(stage.attributes.selector)[0] ?? '');
    const lineFits = stages.every((filter) => 'line' in filter && keepsLine(filter, passing.line));
    if (!lineFits || !selector.every((matcher) => matches(matcher, passing.labels))) return passing;
    return stringsIn(stage.attributes.action)[0] === 'drop' ? undefined : runStages(stage.blocks, passing, buckets, now);
  },
  'stage.json': ({ attributes }, passing) => {
    const fields = parseJson(passing.line);
    const found = entriesIn(attributes.expressions).flatMap(([name, path]) => {
      const value = (path === '' ? name : path)
        .split('||')
        .map((key) => fields[key.trim()])
        .find((each) => each !== undefined && each !== null);
      return value === undefined ? [] : [[name, typeof value === 'string' ? value : JSON.stringify(value)]];
    });
    return { ...passing, extracted: { ...passing.extracted, ...Object.fromEntries(found) } };
  },
  'stage.structured_metadata': ({ attributes }, passing) => ({
    ...passing,
    metadata: { ...passing.metadata, ...taken(attributes.values, passing) },
  }),
  'stage.label_drop': ({ attributes }, passing) => {
    const dropped = stringsIn(attributes.values);
    return { ...passing, labels: Object.fromEntries(Object.entries(passing.labels).filter(([label]) => !dropped.includes(label))) };
  },
  'stage.limit': (stage, passing, buckets, now) => {
    const [rate, burst] = [Number(stage.attributes.rate), Number(stage.attributes.burst)];
    const by = stringsIn(stage.attributes.by_label_name)[0] ?? '';
    const key = hashOf([stage.attributes, passing.labels[by]]);
    const bucket = buckets.get(key) ?? { tokens: burst, at: now.getTime() };
    const tokens = Math.min(burst, bucket.tokens + ((now.getTime() - bucket.at) / 1000) * rate);
    buckets.set(key, { tokens: Math.max(0, tokens - 1), at: now.getTime() });
    return tokens >= 1 || stage.attributes.drop !== 'true' ? passing : undefined;
  },
};

function taken(values: string | undefined, { extracted }: Passing): Labels {
  return Object.fromEntries(
    entriesIn(values).flatMap(([name, source]) =>
      extracted[source || name] === undefined ? [] : [[name, extracted[source || name] as string]],
    ),
  );
}

function discovered({ metadata, ...pod }: Manifest, container: string): Record<string, string> {
  const owner = ((metadata.ownerReferences ?? []) as Tree[])[0];
  const labels = Object.entries(metadata.labels ?? {}).map(([name, value]) => [
    `__meta_kubernetes_pod_label_${name.replaceAll(/\W/g, '_')}`,
    value,
  ]);
  return {
    __meta_kubernetes_namespace: metadata.namespace ?? '',
    __meta_kubernetes_pod_name: metadata.name,
    __meta_kubernetes_pod_container_name: container,
    __meta_kubernetes_pod_node_name: specOf({ metadata, ...pod } as Manifest).nodeName ?? '',
    __meta_kubernetes_pod_controller_name: owner?.name ?? '',
    __meta_kubernetes_pod_controller_kind: owner?.kind ?? '',
    ...Object.fromEntries(labels),
  };
}

function parseJson(line: string): Tree {
  try {
    return Object(JSON.parse(line));
  } catch {
    return {};
  }
}
