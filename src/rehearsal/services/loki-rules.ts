import { parse } from 'yaml';
import { dataOf, parseSpan, type Tree } from '../tree.ts';
import type { ServiceResponse, World } from '../world.ts';
import { json } from './answers.ts';
import { parseQuery } from './logql.ts';
import { search } from './loki-query.ts';
import { nanoseconds, type RunningLoki } from './loki-state.ts';
import type { Sample } from './metrics.ts';

/** `sum by (namespace) (rate({namespace=~".+"} | level="error" [5m]))` */
const SUM = /^sum by \((\w+)\) \((rate|bytes_rate|count_over_time)\((.*)\[(\w+)\]\)\)$/;

/** `GET /prometheus/api/v1/rules` */
export function describeRules(world: World, loki: RunningLoki): ServiceResponse {
  const lastEvaluation = world.now().toISOString();
  const groups = ruleGroups(world, loki).map(({ file, name, interval, rules }) => ({
    name,
    file,
    rules: rules.map(({ record, expr, labels = {} }: Tree) => {
      // As Loki prints an expression: without the spaces that it does not need.
      const query = expr.replaceAll(/\)\s+\(/g, ')(').replaceAll(/\s+\[/g, '[');
      return { name: record, query, labels, health: 'ok', lastError: '', type: 'recording', lastEvaluation, evaluationTime: 0.003 };
    }),
    interval: (parseSpan(interval) ?? 60_000) / 1000,
    limit: 0,
    lastEvaluation,
    evaluationTime: 0.003,
  }));
  return json({ status: 'success', data: { groups }, errorType: '', error: '' });
}

/** The recording rules' series now, and the address that the ruler writes them to; none when it is told to write nowhere. */
export function recordedSamples(world: World, loki: RunningLoki): { readonly url: string; readonly samples: readonly Sample[] } {
  const url = remoteUrl(loki);
  const rules = ruleGroups(world, loki).flatMap((group) => group.rules as Tree[]);
  return { url, samples: rules.flatMap(({ record, expr }) => evaluate(world, loki, record, expr)) };
}

/** Empty when the ruler is told to write nowhere. */
export function remoteUrl({ configuration }: RunningLoki): string {
  const { enabled, clients = {} } = configuration.ruler.remote_write;
  return enabled ? (Object.values<Tree>(clients)[0]?.url ?? '') : '';
}

/** Groups with their files, as the sidecar laid them out for the single tenant. */
function ruleGroups(world: World, loki: RunningLoki): readonly Tree[] {
  const { storage, rule_path } = loki.configuration.ruler;
  const directory = storage?.local?.directory;
  // Loki empties rule_path at start: pointed at the directory itself, it deletes the rules.
  if (storage?.type !== 'local' || rule_path === directory) return [];
  const maps = world.store.list('v1', 'ConfigMap', loki.namespace).filter(({ metadata }) => {
    const folder = metadata.annotations?.['k8s-sidecar-target-directory'];
    return metadata.labels?.loki_rule !== undefined && folder === `${directory}/fake`;
  });
  const files = maps.flatMap((map) => Object.entries(dataOf(map)));
  return files.flatMap(([file, content]) => parse(content).groups.map((group: Tree) => ({ file, ...group })));
}

function evaluate(world: World, loki: RunningLoki, name: string, expression: string): Sample[] {
  const [, label = '', over, query = '', range] = SUM.exec(expression) ?? [];
  const span = parseSpan(range) ?? 0;
  const groups = new Map<string, Sample>();
  for (const { entry, labels } of search(loki, parseQuery(query), nanoseconds(world.now().getTime() - span))) {
    const group = labels[label] ?? '';
    const amount = over === 'bytes_rate' ? Buffer.byteLength(entry.line) : 1;
    const value = (groups.get(group)?.value ?? 0) + amount / (over === 'count_over_time' ? 1 : span / 1000);
    groups.set(group, { name, labels: { [label]: group }, value });
  }
  return [...groups.values()];
}
