import { type Check, check } from '#model/check.ts';
import type { Airflow, Loki } from '#model/environment.ts';
import { serviceName } from '#model/kubernetes.ts';
import type { S3Answer } from '#model/read.ts';
import { failed, met, pending } from '#model/verdict.ts';
import { notAnswering } from './answering.ts';
import { linesOf, readNewestLines } from './loki-lines.ts';
import { ConfigMap, Pod } from './objects.ts';
import { readBucket, readList, readObject } from './reads.ts';
import { refused } from './s3-refusal.ts';

/** Task logs that are sampled for parity. */
const SAMPLE = 5;
const DAY = 86_400_000;
/** Airflow's own names for these settings, as environment variables: they go before airflow.cfg. */
const OVERRIDES = {
  AIRFLOW__LOGGING__REMOTE_LOGGING: 'remote_logging',
  AIRFLOW__LOGGING__REMOTE_BASE_LOG_FOLDER: 'remote_base_log_folder',
};
/** Terminals' colours, which a log on a volume has not. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what is looked for
const COLOURS = /\u001b\[[\d;]*m/g;

/** Where Airflow itself keeps the logs of finished tasks, which its page reads. */
export function remoteFolder({ archive }: Airflow): string {
  return `s3://${archive.name}/remote`;
}

/** Airflow's own page does not read Loki: finished tasks' logs open there as long as Airflow writes them into the bucket. */
export const remoteLoggingRuns = (airflow: Airflow): Check =>
  check({
    id: 'airflow.remote-logging',
    title: `Airflow writes finished tasks' logs to ${remoteFolder(airflow)}, where its own page reads them`,
    holds: 'always',
    reads: {
      config: readObject(
        { apiVersion: 'v1', kind: 'ConfigMap', namespace: airflow.namespace, name: `${airflow.release}-config` },
        ConfigMap,
      ),
      pods: readList({ group: '', version: 'v1', resource: 'pods', namespace: airflow.namespace }, Pod, `release=${airflow.release}`),
      remote: readTaskLogs(airflow),
    },
    judge: ({ config, pods = [], remote }, now) => {
      const { namespace, release, file } = airflow;
      const wanted: Record<string, string> = { remote_logging: 'True', remote_base_log_folder: remoteFolder(airflow) };
      const other = pods.flatMap((pod) => overridesOf(pod, wanted))[0];
      if (other !== undefined)
        return failed(
          other,
          [`the environment goes before airflow.cfg of ConfigMap ${namespace}/${release}-config`],
          `take it out of env in the values in ${file}, and commit`,
        );
      const settings = settingsIn(config?.data['airflow.cfg'] ?? '');
      const missing = Object.entries(wanted).filter(([key, value]) => settings.get(key) !== value);
      if (missing.length > 0)
        return pending(
          `airflow.cfg of ConfigMap ${namespace}/${release}-config has another ${missing.map(([key]) => key).join(' and ')}`,
          missing.map(([key, value]) => `${key} is ${settings.get(key) ?? 'not set'}, wanted is ${value}`),
          `kubectl describe helmrelease -n ${namespace} ${release}; the values are in ${file}`,
        );
      if (remote.status !== 200) return refused('list', airflow.archive, remote);
      const newest = newestOf(remote);
      if (newest !== undefined && now.getTime() - newest.at <= DAY) return met(`${newest.key} of ${new Date(newest.at).toISOString()}`);
      return pending(
        newest === undefined
          ? `no task log is in ${remoteFolder(airflow)} yet`
          : `the newest task log in ${remoteFolder(airflow)} is of ${new Date(newest.at).toISOString()}`,
        ['no task has ended since, or Airflow has no connection airflow_logs to write with'],
        `kubectl exec -n ${namespace} deploy/${release}-scheduler -- airflow connections get airflow_logs; docs/logging/airflow.md says how it is made`,
      );
    },
  });

/** Of sampled finished tasks the first and the last line, as Airflow itself kept them, came through Loki, too. */
export const taskLogsAreInLoki = (airflow: Airflow, loki: Loki): Check =>
  check({
    id: 'airflow.task-logs-in-loki',
    title: "First and last line of finished tasks' logs are in Loki",
    holds: 'always',
    after: ['airflow.remote-logging', 'loki.library-runs'],
    reads: { remote: readTaskLogs(airflow), found: readNewestLines(loki.service, `{namespace="${airflow.namespace}"}`, '24h') },
    judge: ({ remote, found }, now) => {
      if (remote.status !== 200) return refused('list', airflow.archive, remote);
      if (found.value === undefined) return notAnswering('query_range', found);
      const lines = linesOf(found.value);
      const [first, last] = [lines[0], lines.at(-1)];
      const files = `pods in ${airflow.namespace} log to files only, or are not collected`;
      const remedy = `see whether tasks write to stdout (Celery workers do not by themselves): kubectl logs -n ${airflow.namespace} -l release=${airflow.release} --tail=20`;
      if (first === undefined || last === undefined)
        return pending(`${serviceName(loki.service)} has no line of ${airflow.namespace}`, [files], remedy);
      // What ended after the newest line that came may still be on its way; what ended before the oldest that was asked for can't be told.
      const settled = tasksIn(remote).filter(
        ({ at }) => at <= milliseconds(last.at) && at >= Math.max(milliseconds(first.at), now.getTime() - DAY),
      );
      const sample = settled.slice(0, SAMPLE);
      if (sample.length === 0)
        return pending(
          `no task log of ${remoteFolder(airflow)} falls between the lines that Loki has`,
          [`those are of ${timeOf(first.at)} to ${timeOf(last.at)}`],
          `let one DAG run; then see ${remoteFolder(airflow)}`,
        );
      const texts = new Set(lines.map(({ line }) => plain(line)));
      const missing = sample.flatMap((task) =>
        task.ends.filter(({ line }) => !texts.has(line)).map(({ which }) => `the ${which} line of ${task.key}`),
      );
      return missing.length === 0
        ? met(`first and last line of ${sample.length} finished task instances, the newest ${sample[0]?.key}`)
        : pending(`${missing.length} of ${sample.length * 2} lines are not in Loki`, [...missing, files], remedy);
    },
  });

function readTaskLogs({ archive }: Airflow) {
  return readBucket(archive, 'newest', { key: 'remote/', count: SAMPLE * 4 });
}

interface TaskLog {
  readonly key: string;
  readonly at: number;
  readonly ends: readonly { readonly which: 'first' | 'last'; readonly line: string }[];
}

/** Newest first. An empty log has no lines to look for. */
function tasksIn({ objects = [] }: S3Answer): readonly TaskLog[] {
  const tasks = objects.map(({ key, modified, body = '' }): TaskLog => {
    const lines = body
      .split('\n')
      .map(plain)
      .filter((line) => line !== '');
    const [first, last] = [lines[0], lines.at(-1)];
    const ends =
      first === undefined || last === undefined
        ? []
        : [
            { which: 'first' as const, line: first },
            { which: 'last' as const, line: last },
          ];
    return { key, at: Date.parse(modified), ends };
  });
  return tasks.filter(({ ends }) => ends.length > 0).toSorted((a, b) => b.at - a.at);
}

function newestOf({ objects = [] }: S3Answer): { key: string; at: number } | undefined {
  return objects.map(({ key, modified }) => ({ key, at: Date.parse(modified) })).toSorted((a, b) => b.at - a.at)[0];
}

function overridesOf({ metadata, spec }: Pod, wanted: Readonly<Record<string, string>>): readonly string[] {
  return spec.containers.flatMap(({ name, env }) =>
    env.flatMap(({ name: variable, value }) => {
      const setting = OVERRIDES[variable as keyof typeof OVERRIDES];
      if (setting === undefined || value === undefined || value.toLowerCase() === wanted[setting]?.toLowerCase()) return [];
      return [`container ${name} of Pod ${metadata.namespace}/${metadata.name} has ${variable}=${value}`];
    }),
  );
}

/** `key = value` of all sections: these names stand in [logging] only. */
function settingsIn(cfg: string): ReadonlyMap<string, string> {
  return new Map([...cfg.matchAll(/^\s*(\w+)\s*=\s*(.*?)\s*$/gm)].map(([, key = '', value = '']) => [key, value]));
}

function plain(line: string): string {
  return line.replaceAll(COLOURS, '').trim();
}

function milliseconds(nanoseconds: bigint): number {
  return Number(nanoseconds / 1_000_000n);
}

function timeOf(nanoseconds: bigint): string {
  return new Date(milliseconds(nanoseconds)).toISOString();
}
