import * as semver from 'semver';
import { type Check, check } from '#model/check.ts';
import type { Environment } from '#model/environment.ts';
import { failed, met } from '#model/verdict.ts';

/** Values of a chart as they are merged in the end: what the goals choose, and what their own `values` make of it. */
export type Values = Readonly<Record<string, unknown>>;

/** The major of chart loki that made Monolithic the default; before it the mode is called SingleBinary. */
const MONOLITHIC_SINCE = 12;

/** Strategy is judged from what the goals declare in the end: nothing in the cluster can contradict a choice. */
export const modeFits = ({ loki }: Environment, values: Values): Check =>
  check({
    id: 'strategy.mode',
    title: 'The deployment mode fits the chart version and the volume',
    holds: 'always',
    reads: {},
    judge: () => {
      const mode = String(valueAt(values, 'deploymentMode') ?? 'not set');
      const { version } = loki.chart;
      const saw = `${mode} of chart ${version}`;
      const remedy = 'take deploymentMode and the replicas of write, read and backend out of environment.loki.values';
      if (mode !== 'Monolithic' && mode !== 'SingleBinary')
        return failed(
          saw,
          [
            /^SimpleScalable/.test(mode)
              ? 'SimpleScalable is deprecated, goes in Loki 4.0, and tens of GB a day need no more than one process'
              : `chart loki renders no Loki for deploymentMode ${mode}, without an error`,
          ],
          remedy,
        );
      if (mode === 'Monolithic' && (semver.coerce(version)?.major ?? 0) < MONOLITHIC_SINCE)
        return failed(
          saw,
          [
            `chart loki ${version} knows no Monolithic: it came with ${MONOLITHIC_SINCE}, and an unknown mode renders no Loki, without an error`,
          ],
          `name a chart from ${MONOLITHIC_SINCE} on in environment.loki.chart.version, or set deploymentMode: SingleBinary in environment.loki.values`,
        );
      const beside = ['write', 'read', 'backend'].filter((target) => valueAt(values, `${target}.replicas`) !== 0);
      if (beside.length > 0)
        return failed(
          `${saw}, beside replicas of ${beside.join(', ')}`,
          [
            'the chart does not render: "You have more than zero replicas configured for both the single binary and simple scalable targets"',
          ],
          remedy,
        );
      return met(`${saw}: one process is enough for tens of GB a day`);
    },
  });

/** Everything that says where chunks, index and rules lie has to say S3: one of them left behind is green all the way, on a disk of the pod. */
export const storeFits = ({ storage }: Environment, values: Values): Check =>
  check({
    id: 'strategy.object-store',
    title: 'Chunks go to S3, not to a file system',
    holds: 'always',
    reads: {},
    judge: () => {
      const schemas = valueAt(values, 'loki.schemaConfig.configs');
      const stores = Array.isArray(schemas) ? schemas.map((schema) => String(valueAt(schema, 'object_store'))) : [];
      const named = {
        'loki.storage.type': String(valueAt(values, 'loki.storage.type')),
        'loki.schemaConfig.configs[].object_store': stores.find((store) => store !== 's3') ?? stores.at(-1) ?? 'none',
        'loki.compactor.delete_request_store': String(valueAt(values, 'loki.compactor.delete_request_store')),
      };
      const others = Object.entries(named).filter(([, store]) => store !== 's3');
      if (others.length > 0)
        return failed(
          others.map(([key, store]) => `${key} is ${store}`).join(', '),
          ['what lies on a volume goes with it, and no other Loki can read it'],
          `take ${others[0]?.[0]} out of environment.loki.values`,
        );
      const bucket = valueAt(values, 'loki.storage.bucketNames.chunks');
      if (bucket !== storage.bucket.name)
        return failed(
          `Loki is told bucket ${bucket}, and ${storage.bucket.name} is made`,
          ['the values name another bucket than the goals'],
          'make both the same: environment.storage.bucket.name, or loki.storage.bucketNames.chunks in environment.loki.values',
        );
      return met(`S3 at ${storage.endpoint}, bucket ${storage.bucket.name}: it outlives the pod and the node`);
    },
  });

/** Releases that put with a trailing checksum, which some object stores refuse or store as part of the body: https://github.com/grafana/loki/issues/21926, fixed by #24215. */
const TRAILING_CHECKSUM = ['>=3.6.11 <3.7.0', '>=3.7.2 <3.7.7'];

/** What is put and read back by us is put in another way: only the version tells. */
export const versionFits = (values: Values): Check =>
  check({
    id: 'strategy.loki-version',
    title: "Loki's version writes objects that every object store takes",
    holds: 'always',
    reads: {},
    judge: () => {
      const tag = String(valueAt(values, 'loki.image.tag') ?? "the chart's own");
      const version = semver.coerce(tag);
      const remedy = 'set environment.loki.version to 3.7.8';
      if (version === null) return failed(`image tag ${tag}`, ['it tells no version, so nobody knows what it does'], remedy);
      if (TRAILING_CHECKSUM.some((range) => semver.satisfies(version, range)))
        return failed(
          `Loki ${version}`,
          [
            'it puts objects with a trailing checksum (aws-chunked), which some S3 stores refuse or corrupt: grafana/loki#21926, fixed in 3.7.7',
          ],
          remedy,
        );
      return met(`Loki ${version}`);
    },
  });

/** One agent on each node: the files of a node's pods can be read there only. */
export const agentFits = ({ alloy }: Environment, values: Values): Check =>
  check({
    id: 'strategy.agent',
    title: 'The agent is still maintained, and runs on every node',
    holds: 'always',
    reads: {},
    judge: () => {
      if (alloy.chart.name !== 'alloy')
        return failed(
          `chart ${alloy.chart.name}`,
          ['Promtail has been end of life since 2026-03-02'],
          'name chart alloy in environment.alloy.chart',
        );
      const type = valueAt(values, 'controller.type');
      if (type === 'daemonset') return met(`Alloy, chart ${alloy.chart.version}: Promtail has been end of life since 2026-03-02`);
      return failed(
        `controller.type is ${type}`,
        ["only a DaemonSet reads every node's files; for an unknown word the chart renders nothing, without an error"],
        'take controller.type out of environment.alloy.values',
      );
    },
  });

/** "loki.storage.type" */
function valueAt(values: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => (isMap(value) ? value[key] : undefined), values);
}

function isMap(value: unknown): value is Values {
  return typeof value === 'object' && value !== null;
}
