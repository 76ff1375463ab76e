import { agentFits, modeFits, storeFits, type Values, versionFits } from '#checks/strategy.ts';
import { lokiValues } from '#phases/2-loki/values.ts';
import { alloyValues } from '#phases/3-alloy/manifests.ts';
import { ALLOY, ENVIRONMENT, failed, LOKI, met, STORAGE, type Table, table } from '../support.ts';

/** These checks read nothing: each row is a choice of goals, and a table of its own. */
const withLoki = (values: Record<string, unknown>, rest: Partial<typeof LOKI> = {}) => {
  const environment = { ...ENVIRONMENT, loki: { ...LOKI, ...rest, values } };
  return [environment, lokiValues(environment)] as const;
};
const withAlloy = (values: Record<string, unknown>, name = 'alloy') => {
  const environment = { ...ENVIRONMENT, alloy: { ...ALLOY, values, chart: { ...ALLOY.chart, name } } };
  return agentFits(environment, alloyValues(environment));
};
const chart = (version: string) => ({ chart: { ...LOKI.chart, version } });
const image = (tag: unknown): Values => ({ loki: { image: { tag } } });

const rows = (subject: Parameters<typeof table>[0], ...all: Table['rows']): Table => ({ ...table(subject, {}, '', []), rows: all });

export default [
  table(modeFits(...withLoki({})), {}, 'Monolithic of chart 18.11.0', []),
  rows(modeFits(...withLoki({}, chart('12.0.0'))), met('the first chart that knows it', {}, 'Monolithic of chart 12.0.0')),
  rows(
    modeFits(...withLoki({}, chart('11.9.9'))),
    failed(
      'a chart that does not know it',
      {},
      'Monolithic of chart 11.9.9',
      'it came with 12',
      'environment.loki.chart.version',
      'SingleBinary',
    ),
  ),
  rows(
    modeFits(...withLoki({ deploymentMode: 'SingleBinary' }, chart('6.30.1'))),
    met('its older name', {}, 'SingleBinary of chart 6.30.1'),
  ),
  rows(
    modeFits(...withLoki({ deploymentMode: 'SimpleScalable' })),
    failed('a mode that goes', {}, 'SimpleScalable of chart', 'deprecated, goes in Loki 4.0', 'environment.loki.values'),
  ),
  rows(
    modeFits(...withLoki({ deploymentMode: 'Monolitic' })),
    failed('an unknown word', {}, 'Monolitic of chart', 'renders no Loki', 'environment.loki.values'),
  ),
  rows(modeFits(...withLoki({ deploymentMode: null })), failed('none', {}, 'not set of chart', 'renders no Loki')),
  rows(
    modeFits(...withLoki({ write: { replicas: 3 }, backend: { replicas: null } })),
    failed('scalable targets beside it', {}, 'beside replicas of write, backend', 'more than zero replicas', 'environment.loki.values'),
  ),
  table(storeFits(...withLoki({})), {}, `S3 at ${STORAGE.endpoint}, bucket loki-logs`, []),
  rows(
    storeFits(...withLoki({ loki: { storage: { type: 'filesystem' } } })),
    failed(
      'a file system',
      {},
      'loki.storage.type is filesystem',
      'no other Loki can read it',
      'loki.storage.type out of environment.loki.values',
    ),
  ),
  rows(
    storeFits(...withLoki({ loki: { schemaConfig: { configs: [{ object_store: 'filesystem' }, { object_store: 's3' }] } } })),
    failed('a schema with a file system', {}, 'loki.schemaConfig.configs[].object_store is filesystem', 'environment.loki.values'),
  ),
  rows(storeFits(...withLoki({ loki: { schemaConfig: { configs: [] } } })), failed('no schema', {}, 'object_store is none')),
  rows(storeFits(...withLoki({ loki: { schemaConfig: null } })), failed('no schemas', {}, 'object_store is none')),
  rows(
    storeFits(...withLoki({ loki: { compactor: { delete_request_store: 'filesystem' } } })),
    failed('delete requests on the disk', {}, 'loki.compactor.delete_request_store is filesystem'),
  ),
  rows(
    storeFits(...withLoki({ loki: { storage: { bucketNames: { chunks: 'other' } } } })),
    failed('another bucket', {}, 'Loki is told bucket other, and loki-logs is made', 'environment.storage.bucket.name'),
  ),
  table(versionFits(lokiValues(ENVIRONMENT)), {}, 'Loki 3.7.8', []),
  ...['3.7.2', '3.7.6', '3.6.11', 'v3.7.6', '3.6.99'].map((tag) =>
    rows(
      versionFits(image(tag)),
      failed(tag, {}, `Loki ${tag.replace('v', '')}`, 'grafana/loki#21926', 'environment.loki.version to 3.7.8'),
    ),
  ),
  ...['3.7.1', '3.7.7', '3.6.10', '3.5.9', '3.8.0'].map((tag) => rows(versionFits(image(tag)), met(tag, {}, `Loki ${tag}`))),
  rows(versionFits(image('latest')), failed('no version', {}, 'image tag latest', 'environment.loki.version')),
  rows(versionFits({}), failed('no tag', {}, "the chart's own", 'environment.loki.version')),
  table(withAlloy({}), {}, 'Alloy, chart 1.11.1', []),
  rows(withAlloy({}, 'promtail'), failed('an agent that has ended', {}, 'chart promtail', 'end of life', 'environment.alloy.chart')),
  rows(
    withAlloy({ controller: { type: 'deployment' } }),
    failed('not on every node', {}, 'controller.type is deployment', 'DaemonSet', 'controller.type out of environment.alloy.values'),
  ),
];
