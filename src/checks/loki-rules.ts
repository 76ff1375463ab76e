import * as v from 'valibot';
import { type Check, check } from '#model/check.ts';
import type { Loki, Prometheus } from '#model/environment.ts';
import type { Read } from '#model/read.ts';
import { failed, met, pending } from '#model/verdict.ts';
import { notAnswering } from './answering.ts';
import { checkConfig, mendValue, readConfig } from './loki-config.ts';
import { growthBy, readBefore } from './loki-growth.ts';
import { readSeries } from './loki-intake.ts';
import { sumMetric } from './metrics.ts';
import { ConfigMap } from './objects.ts';
import { type Json, readHttp, readJson, readList } from './reads.ts';

const text = v.optional(v.string(), '');
const Rule = v.object({ name: v.string(), query: text, health: v.string(), lastError: text });
const RuleGroups = v.object({ data: v.object({ groups: v.array(v.object({ name: v.string(), rules: v.array(Rule) })) }) });
type RuleGroups = v.InferOutput<typeof RuleGroups>;

function readRules({ service }: Loki): Read<Json<RuleGroups>> {
  return readJson(service, '/prometheus/api/v1/rules', RuleGroups);
}

/** Where the rules lie that the ruler reads. Rules elsewhere are written, committed and never evaluated. */
export function rulesAreFound(loki: Loki): readonly Check[] {
  return [rulesStorage(loki), rulePath(loki), rulesFolder(loki)];
}

/** The tenant of `auth_enabled: false`. */
const TENANT = 'fake';
const FOLDER = 'k8s-sidecar-target-directory';

const rulesStorage = (loki: Loki): Check =>
  checkConfig(loki, {
    id: 'loki.rules-storage',
    title: "Loki's ruler reads its rules from the folder that the sidecar fills",
    judge: ({ ruler: { storage } }, where) => {
      const { type, local } = storage;
      return type === 'local' && local.directory !== ''
        ? met(`local, ${local.directory}, as running`)
        : failed(
            `the ruler reads its rules from ${type === 'local' ? 'no folder' : type || 'nowhere'}`,
            [`${where} has ruler.storage.type: ${type || 'nothing'}`, 'rules in ConfigMaps are never evaluated'],
            mendValue(loki, 'loki.rulerConfig.storage (the chart does not read loki.ruler)', 'type: local, local.directory: /rules'),
          );
    },
  });

/** Loki empties it at its start. */
const rulePath = (loki: Loki): Check =>
  checkConfig(loki, {
    id: 'loki.rule-path',
    title: "The ruler's working folder is not the one with the rules",
    judge: ({ ruler: { rule_path: path, storage } }, where) =>
      path !== storage.local.directory || path === ''
        ? met(`rule_path ${path || 'as Loki has it by itself'}, as running`)
        : failed(
            `rule_path is ${path}, the folder with the rules`,
            [`${where} has the same folder as ruler.rule_path and ruler.storage.local.directory`, 'Loki empties rule_path at its start'],
            mendValue(loki, 'loki.rulerConfig.rule_path', '/var/loki/rules-tmp'),
          ),
  });

const rulesFolder = (loki: Loki): Check => {
  const maps = { group: '', version: 'v1', resource: 'configmaps', namespace: loki.namespace };
  return check({
    id: 'loki.rules-folder',
    title: "Every ConfigMap with rules goes to the tenant's folder",
    holds: 'always',
    after: ['loki.rules-storage'],
    reads: { running: readConfig(loki), maps: readList(maps, ConfigMap, 'loki_rule') },
    judge: ({ running, maps = [] }) => {
      if (running.config === undefined) return notAnswering('/config', running);
      const folder = `${running.config.ruler.storage.local.directory}/${TENANT}`;
      const astray = maps.filter(({ metadata }) => metadata.annotations[FOLDER] !== folder);
      const name = `ConfigMap ${loki.namespace}/${astray[0]?.metadata.name}`;
      if (maps.length === 0) return pending(`no ConfigMap in ${loki.namespace} has the label loki_rule`, [], `flux get kustomizations -A`);
      return astray.length === 0
        ? met(`${maps.length} of ${maps.length} in ${folder}`)
        : failed(
            `${astray.length} of ${maps.length} ConfigMaps go elsewhere`,
            astray.map(({ metadata }) => `ConfigMap ${loki.namespace}/${metadata.name}: ${metadata.annotations[FOLDER] ?? 'no folder'}`),
            `the annotation ${FOLDER} of ${name} has to be ${folder}: mend it in Git, then resume`,
          );
    },
  });
};

export const rulesAreHealthy = (loki: Loki, wanted: readonly string[]): Check =>
  check({
    id: 'loki.rules-healthy',
    title: `Loki's ruler evaluates ${wanted.length} recording rules`,
    holds: 'always',
    after: ['loki.rules-storage', 'loki.rule-path', 'loki.rules-folder'],
    reads: { answer: readRules(loki) },
    judge: ({ answer }) => {
      if (answer.value === undefined) return notAnswering('/prometheus/api/v1/rules', answer);
      const rules = answer.value.data.groups.flatMap((group) => group.rules);
      const absent = wanted.filter((name) => !rules.some((rule) => rule.name === name));
      const broken = rules.filter(({ health }) => health === 'err');
      if (broken.length > 0)
        return failed(
          `${broken.length} rules fail`,
          broken.map(({ name, lastError }) => `${name}: ${lastError.split('\n')[0]}`),
          `mend the expression in Git: ConfigMap ${loki.namespace}/loki-recording-rules, or whichever ConfigMap with label loki_rule holds it`,
        );
      if (absent.length > 0)
        return pending(
          `${wanted.length - absent.length} of ${wanted.length} rules are loaded`,
          absent.map((name) => `${name} is not loaded`),
          `kubectl logs -n ${loki.namespace} ${loki.name}-0 -c loki-sc-rules: the sidecar writes them, and Loki reads them once a minute`,
        );
      const waiting = rules.filter(({ health }) => health !== 'ok');
      return waiting.length === 0
        ? met(`${rules.length} rules, health ok`)
        : pending(
            `${waiting.length} rules are not evaluated yet`,
            waiting.map(({ name }) => name),
            'nothing yet: it takes up to a minute',
          );
    },
  });

/** A rule that selects nothing is healthy, and records nothing. */
export const rulesSelect = (loki: Loki): Check =>
  check({
    id: 'loki.rules-select',
    title: "Every recording rule of Loki's selects streams that are there",
    holds: 'always',
    after: ['loki.rules-healthy'],
    reads: { answer: readRules(loki), series: readSeries(loki) },
    judge: ({ answer, series }) => {
      if (answer.value === undefined) return notAnswering('/prometheus/api/v1/rules', answer);
      if (series.value === undefined) return notAnswering('series', series);
      const streams = series.value.data;
      const selectors = answer.value.data.groups.flatMap(({ rules }) =>
        rules.flatMap(({ name, query }) => (query.match(SELECTOR) ?? []).map((selector) => ({ name, selector }))),
      );
      const idle = selectors.filter(({ selector }) => !streams.some((labels) => isSelected(labels, selector)));
      if (streams.length === 0) return pending('there is no stream to select', [], 'see who sends logs: check logs.coverage');
      return idle.length === 0
        ? met(`${selectors.length} selectors, each with streams`)
        : failed(
            `${idle.length} of ${selectors.length} selectors select nothing`,
            idle.map(({ name, selector }) => `rule ${name}: none of ${streams.length} streams of the last hour has ${selector}`),
            `mend the selector in Git, or take the rule out: kubectl get configmap -n ${loki.namespace} -l loki_rule`,
          );
    },
  });

const MATCHER = /(\w+)\s*(=~|!~|!=|=)\s*(?:"((?:[^"\\]|\\.)*)"|`([^`]*)`)/g;
const SELECTOR = new RegExp(`\\{\\s*${MATCHER.source}(?:\\s*,\\s*${MATCHER.source})*\\s*,?\\s*\\}`, 'g');

/** A regular expression that JavaScript does not know selects anything: nothing is said against it. */
function isSelected(labels: Readonly<Record<string, string>>, selector: string): boolean {
  return [...selector.matchAll(MATCHER)].every(([, label = '', operator = '', quoted, raw]) => {
    const value = raw ?? quoted?.replaceAll(/\\(.)/g, '$1') ?? '';
    const given = labels[label] ?? '';
    if (!operator.endsWith('~')) return (given === value) === (operator === '=');
    const pattern = compile(`^(?:${value})$`);
    return pattern === undefined || pattern.test(given) === (operator === '=~');
  });
}

function compile(pattern: string): RegExp | undefined {
  try {
    return new RegExp(pattern, 's');
  } catch {
    return undefined;
  }
}

const REMOTE = 'loki_ruler_wal_prometheus_remote_storage_samples';

/** What Prometheus refuses is lost while the rules stay healthy: the count of what was sent grows either way. */
export const remoteWriteSucceeds = (loki: Loki, prometheus: Prometheus): Check =>
  check({
    id: 'loki.remote-write-succeeds',
    title: 'What the rules record arrives where it is written to',
    holds: 'always',
    after: ['loki.rules-healthy'],
    reads: {
      running: readConfig(loki),
      metrics: readHttp(loki.service, '/metrics'),
      ...readBefore(loki, prometheus, `${REMOTE}_failed_total`),
    },
    judge: ({ running, metrics, before }) => {
      if (running.config === undefined) return notAnswering('/config', running);
      if (metrics.status !== 200) return notAnswering('/metrics', metrics);
      const { service } = prometheus;
      const address = `http://${service.name}.${service.namespace}.svc.cluster.local:${service.port}/api/v1/write`;
      if (!running.config.ruler.remote_write.enabled)
        return failed(
          'what the rules record is written nowhere',
          [`the running configuration of ${loki.namespace}/${loki.name} (GET /config) has ruler.remote_write.enabled: false`],
          mendValue(loki, 'loki.rulerConfig.remote_write', `enabled: true, clients.prometheus.url: ${address}`),
        );
      const failures = growthBy(metrics, before, `${REMOTE}_failed_total`, 'url');
      const urls = [...failures.keys()];
      const astray = urls.find((url) => !leadsTo(service, url));
      if (astray !== undefined)
        return failed(
          `the ruler writes to ${astray}`,
          [`Prometheus is ${service.namespace}/${service.name}:${service.port}: nothing recorded arrives there`],
          mendValue(loki, 'loki.rulerConfig.remote_write.clients.prometheus.url', address),
        );
      const refused = [...failures].find(([, { lately }]) => lately > 0);
      if (refused !== undefined)
        return failed(
          `${refused[1].lately} samples were refused at ${refused[0]}`,
          [`${REMOTE}_failed_total grows, and the rules are healthy all the same`, 'a Prometheus that takes no remote writes answers 404'],
          'set prometheus.prometheusSpec.enableRemoteWriteReceiver: true in the values of kube-prometheus-stack',
        );
      const [sent, waiting] = [sumMetric(metrics.text, `${REMOTE}_total`), sumMetric(metrics.text, `${REMOTE}_pending`)];
      if (urls.length === 0 || sent === 0)
        return pending('nothing was written yet', [`${REMOTE}_total is ${sent}`], 'nothing yet: it takes up to a minute');
      return met(`${sent} samples written to ${urls.join(', ')}, none refused lately, ${waiting} on their way`);
    },
  });

/** SERVICE.NAMESPACE.svc… of ours, at its port. */
function leadsTo({ name, namespace, port }: Prometheus['service'], url: string): boolean {
  const { hostname, port: given } = URL.canParse(url) ? new URL(url) : { hostname: '', port: '' };
  const [host, where = namespace] = hostname.split('.');
  return host === name && where === namespace && Number(given || 80) === port;
}
