import { parse, stringify } from 'yaml';
import { dataOf, parseSpan, type Tree } from '../tree.ts';
import type { ServiceResponse, World } from '../world.ts';
import { json, text } from './answers.ts';
import { isMetricQuery, parseQuery } from './logql.ts';
import { measure } from './loki-query.ts';
import type { Labels, RunningLoki } from './loki-state.ts';
import type { Sample } from './metrics.ts';

/** File to rule groups, as the sidecar laid them out for the single tenant; undefined when there is no such folder. */
function ruleFiles(world: World, loki: RunningLoki): ReadonlyMap<string, readonly Tree[]> | undefined {
  const { storage, rule_path } = loki.configuration.ruler;
  const directory = storage?.local?.directory;
  // Loki empties rule_path at start: pointed at the directory itself, it deletes the rules.
  if (storage?.type !== 'local' || rule_path === directory) return undefined;
  const maps = world.store.list('v1', 'ConfigMap', loki.namespace).filter(({ metadata }) => {
    const folder = metadata.annotations?.['k8s-sidecar-target-directory'];
    return metadata.labels?.loki_rule !== undefined && folder?.replace(/\/$/, '') === `${directory}/fake`;
  });
  if (maps.length === 0) return undefined;
  return new Map(
    maps.flatMap((map) => Object.entries(dataOf(map)).map(([file, content]) => [file, parse(content)?.groups ?? []] as const)),
  );
}

/** `GET /loki/api/v1/rules` */
export function listRules(world: World, loki: RunningLoki): ServiceResponse {
  const files = ruleFiles(world, loki);
  const { storage } = loki.configuration.ruler;
  if (files !== undefined)
    return { status: 200, contentType: 'application/yaml', body: stringify(Object.fromEntries(files), { indent: 4, lineWidth: 0 }) };
  if (storage?.type !== 'local') return text(404, 'no rule groups found\n');
  const folder = `${storage.local?.directory}/fake`;
  return text(400, `unable to read rule dir ${folder}: open ${folder}: no such file or directory\n`);
}

/** `GET /prometheus/api/v1/rules` */
export function describeRules(world: World, loki: RunningLoki): ServiceResponse {
  const files = ruleFiles(world, loki) ?? new Map<string, readonly Tree[]>();
  const groups = [...files].flatMap(([file, list]) => list.map((group) => describeGroup(world, file, group)));
  groups.sort((a, b) => (a.name < b.name ? -1 : 1));
  return json({ status: 'success', data: { groups }, errorType: '', error: '' });
}

function describeGroup(world: World, file: string, { name, interval = '1m', rules }: Tree): Tree {
  const seconds = (parseSpan(interval) ?? 60_000) / 1000;
  const lastEvaluation = new Date(Math.floor(world.now().getTime() / 1000 / seconds) * seconds * 1000).toISOString();
  const described = rules.map(({ record, alert, expr, labels = {} }: Tree) => ({
    name: record ?? alert,
    query: expr.replaceAll(/\)\s+\(/g, ')(').replaceAll(/\s+\[/g, '['),
    labels,
    health: 'ok',
    lastError: '',
    type: record === undefined ? 'alerting' : 'recording',
    lastEvaluation,
    evaluationTime: 0.003,
  }));
  return { name, file, rules: described, interval: seconds, limit: 0, lastEvaluation, evaluationTime: 0.003 * described.length };
}

/** The recording rules' series now, for whoever takes their remote write; `url` is where they are sent. */
export function recordedSamples(
  world: World,
  loki: RunningLoki,
): { readonly url: string; readonly samples: readonly Sample[] } | undefined {
  const { enabled, clients = {} } = loki.configuration.ruler.remote_write;
  const url = (Object.values(clients)[0] as Tree)?.url;
  if (!enabled || url === undefined) return undefined;
  const rules = [...(ruleFiles(world, loki)?.values() ?? [])].flat().flatMap((group) => group.rules as Tree[]);
  const samples = rules.flatMap(({ record, expr, labels = {} }) =>
    record === undefined ? [] : evaluate(world, loki, record, expr, labels),
  );
  return { url, samples };
}

function evaluate(world: World, loki: RunningLoki, name: string, expression: string, labels: Labels): Sample[] {
  const query = parseQuery(expression);
  if (!isMetricQuery(query)) return [];
  const now = BigInt(world.now().getTime()) * 1_000_000n;
  return measure(loki, query, now).map(({ metric, value }) => ({ name, labels: { ...metric, ...labels }, value }));
}
