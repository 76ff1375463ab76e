import * as v from 'valibot';
import { type Check, check } from '#model/check.ts';
import type { Alloy } from '#model/environment.ts';
import type { Permission, ServiceRef } from '#model/kubernetes.ts';
import type { Read } from '#model/read.ts';
import { failed, met, pending, type Verdict } from '#model/verdict.ts';
import { notAnswering } from './answering.ts';
import { findMetric, samplesIn, sumMetric } from './metrics.ts';
import { Pod } from './objects.ts';
import { type Http, type Json, readHttp, readJson, readList } from './reads.ts';

/** Names in a message. */
const NAMED = 5;

export const everyPodIsLoaded = (alloy: Alloy): Check =>
  ofEveryPod<Http>(alloy, {
    id: 'alloy.every-pod-loaded',
    title: "Every Alloy's last configuration load succeeded",
    after: ['alloy.on-every-node'],
    path: '/metrics',
    read: readHttp,
    judge: (pods) => {
      const loaded = pods.map(({ pod, answer }) => ({ pod, value: findMetric(answer.text, 'alloy_config_last_load_successful') }));
      const silent = loaded.find(({ value }) => value === undefined);
      if (silent !== undefined)
        return pending(`${silent.pod} does not tell alloy_config_last_load_successful`, [], logOf(alloy, silent.pod));
      const stale = loaded.filter(({ value }) => value !== 1);
      const [first] = stale;
      return first === undefined
        ? met(`alloy_config_last_load_successful 1 in ${pods.length} of ${pods.length} pods`)
        : failed(
            `alloy_config_last_load_successful 0 in ${stale.length} of ${pods.length} pods`,
            stale.map(({ pod }) => `${pod} runs with its previous configuration, or none`),
            `${logOf(alloy, first.pod)} names the line; mend config.alloy (ConfigMap ${alloy.namespace}/alloy-config) in Git and resume`,
          );
    },
  });

/** Alloy's own page reads this; its documentation calls the format unstable. */
const Components = v.array(v.object({ localID: v.string(), health: v.object({ state: v.string(), message: v.optional(v.string(), '') }) }));
type Components = v.InferOutput<typeof Components>;

export const everyPodIsHealthy = (alloy: Alloy): Check =>
  ofEveryPod<Json<Components>>(alloy, {
    id: 'alloy.every-pod-healthy',
    title: 'Every component of every Alloy is healthy',
    after: ['alloy.every-pod-loaded'],
    path: '/api/v0/web/components',
    read: (pod, path) => readJson(pod, path, Components),
    judge: (pods) => {
      const all = pods.flatMap(({ pod, answer }) => (answer.value ?? []).map((component) => ({ pod, ...component })));
      const empty = pods.find(({ answer }) => answer.value?.length === 0);
      if (empty !== undefined)
        return failed(
          `${empty.pod} runs no component`,
          [`its configuration is empty: ConfigMap ${alloy.namespace}/alloy-config, key config.alloy`],
          `kubectl get configmap -n ${alloy.namespace} alloy-config -o yaml; mend it in Git and resume`,
        );
      const ill = all.filter(({ health }) => health.state !== 'healthy');
      const [first] = ill;
      return first === undefined
        ? met(`${all.length} components in ${pods.length} pods healthy`)
        : pending(
            `${ill.length} of ${all.length} components are not healthy`,
            ill.slice(0, NAMED).map(({ pod, localID, health }) => `${pod}: ${localID}: ${health.message || health.state}`),
            logOf(alloy, first.pod),
          );
    },
  });

export const nothingIsDropped = (alloy: Alloy): Check =>
  ofEveryPod<Http>(alloy, {
    id: 'alloy.nothing-dropped',
    title: 'No Alloy drops anything on the way to Loki',
    after: ['alloy.every-pod-loaded', 'loki.gateway-routes'],
    path: '/metrics',
    read: readHttp,
    judge: (pods) => {
      const dropped = pods.flatMap(({ pod, answer }) =>
        samplesIn(answer.text, 'loki_write_dropped_entries_total').flatMap(({ labels, value }) =>
          value > 0 ? [{ pod, value, reason: labels.reason ?? 'no reason' }] : [],
        ),
      );
      const sent = pods.map(({ pod, answer }) => ({ pod, value: sumMetric(answer.text, 'loki_write_sent_entries_total') }));
      const total = sent.reduce((sum, { value }) => sum + value, 0);
      if (dropped.length > 0)
        return failed(
          `${dropped.reduce((sum, { value }) => sum + value, 0)} entries dropped, ${total} sent`,
          dropped.slice(0, NAMED).map(({ pod, value, reason }) => `${pod} dropped ${value} that Loki did not take: ${reason}`),
          `see loki_discarded_samples_total of Loki by reason, mend that, then start the count anew: kubectl rollout restart -n ${alloy.namespace} daemonset/${alloy.name}`,
        );
      // None dropped of none sent says nothing.
      const idle = sent.find(({ value }) => value === 0);
      return idle === undefined
        ? met(`${total} entries sent by ${pods.length} pods, none dropped`)
        : pending(`${idle.pod} has sent no entry yet`, [], logOf(alloy, idle.pod));
    },
  });

/** As it runs, not as it is written: the same file in the metrics of two pods is shipped twice, and a compression ratio flatters. */
export const readsOwnNodeOnly = (alloy: Alloy): Check =>
  ofEveryPod<Http>(alloy, {
    id: 'alloy.own-node-only',
    title: 'Each log file is read by one Alloy alone, that of its node',
    after: ['alloy.every-pod-loaded'],
    path: '/metrics',
    read: readHttp,
    judge: (pods) => {
      const readers = new Map<string, string[]>();
      for (const { pod, answer } of pods) {
        const files = samplesIn(answer.text, 'loki_source_file_read_lines_total').flatMap(({ labels }) => labels.path ?? []);
        if (files.length === 0)
          return pending(
            `${pod} reads no file yet`,
            ['nothing lies where discovery.relabel of config.alloy looks, or nothing is mounted there'],
            logOf(alloy, pod),
          );
        for (const file of new Set(files)) readers.set(file, [...(readers.get(file) ?? []), pod]);
      }
      const shared = [...readers].filter(([, by]) => by.length > 1);
      return shared.length === 0
        ? met(`${readers.size} files read by ${pods.length} pods, none by two`)
        : failed(
            `${shared.length} of ${readers.size} files are read by more than one Alloy`,
            shared.slice(0, NAMED).map(([file, by]) => `${file} by ${by.join(', ')}: every line of it is stored ${by.length} times`),
            `limit discovery.kubernetes to spec.nodeName, as the shipped config.alloy does (ConfigMap ${alloy.namespace}/alloy-config), in Git, and resume`,
          );
    },
  });

/** What each pod of Alloy answers, under the name of its read, "of NAME". */
export type EveryPod<T> = {
  readonly pods: Read<readonly Pod[] | undefined>;
  readonly [answer: `of ${string}`]: Read<T>;
};

/** The reads that ask each pod of Alloy, and what they are allowed to. */
export function askEveryPod<T>({ namespace, name, service }: Alloy, read: (pod: ServiceRef) => Read<T>) {
  const scope = { group: '', version: 'v1', resource: 'pods', namespace };
  const nextPermissions: readonly Permission[] = [{ verb: 'get', group: '', resource: 'pods/proxy', namespace }];
  return {
    pods: readList(scope, Pod, `app.kubernetes.io/instance=${name}`),
    next: (pods: readonly Pod[] = []): Readonly<Record<`of ${string}`, Read<T>>> =>
      Object.fromEntries(
        pods.map(({ metadata }) => [`of ${metadata.name}`, read({ namespace, name: metadata.name, port: service.port, pod: true })]),
      ),
    nextPermissions,
  };
}

interface Asked<T> {
  /** "monitoring/alloy-abc on k8s-1" */
  readonly pod: string;
  readonly answer: T;
}

interface Definition<T> {
  readonly id: string;
  readonly title: string;
  readonly after: readonly string[];
  readonly path: string;
  read(pod: ServiceRef, path: string): Read<T>;
  /** Of all pods, each of which answered with 200. */
  judge(pods: readonly Asked<T>[]): Verdict;
}

/** Each of them, for behind the Service only one would answer, and another one each time. */
function ofEveryPod<T extends Http | Json<unknown>>(alloy: Alloy, { id, title, after, path, read, judge }: Definition<T>): Check {
  const { pods, next, nextPermissions } = askEveryPod(alloy, (pod) => read(pod, path));
  return check<EveryPod<T>>({
    id,
    title,
    holds: 'always',
    after,
    reads: { pods },
    next: (seen) => next(seen.pods),
    nextPermissions,
    judge: (seen) => {
      const asked = (seen.pods ?? []).flatMap(({ metadata, spec }) => {
        const answer = seen[`of ${metadata.name}`];
        return answer === undefined ? [] : [{ pod: `${alloy.namespace}/${metadata.name} on ${spec.nodeName ?? 'no node'}`, answer }];
      });
      if (asked.length === 0) return pending('no pod of Alloy is there', [], `kubectl get daemonset -n ${alloy.namespace} ${alloy.name}`);
      const ill = asked.map(({ answer }) => answer).find(({ status }) => status !== 200);
      return ill === undefined ? judge(asked) : notAnswering(path, ill);
    },
  });
}

/** `pod` as in `Asked`. */
function logOf({ namespace }: Alloy, pod: string): string {
  return `kubectl logs -n ${namespace} ${pod.replace(/^.*\/| on .*$/g, '')} -c alloy`;
}
