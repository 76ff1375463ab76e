import * as v from 'valibot';
import { type Check, check } from '#model/check.ts';
import type { Alloy } from '#model/environment.ts';
import { failed, met, pending } from '#model/verdict.ts';
import { ConfigMap } from './objects.ts';
import { readList, readObject } from './reads.ts';

/** How many seconds of its rate a pod may write at once. */
export const BURST_SECONDS = 4;

/** The rate limit and the namespaces left out, in the configuration that Alloy mounts. */
export const pipelineIsLimited = ({ namespace, excludedNamespaces, rateLimit }: Alloy): Check =>
  check({
    id: 'alloy.pipeline-limited',
    title: `At most ${rateLimit} lines a second and pod are taken, from ${excludedNamespaces.length === 0 ? 'all namespaces' : `all but ${excludedNamespaces.join(', ')}`}`,
    holds: 'always',
    after: ['alloy.every-pod-loaded'],
    reads: { config: readObject({ apiVersion: 'v1', kind: 'ConfigMap', namespace, name: 'alloy-config' }, ConfigMap) },
    judge: ({ config }) => {
      const text = config?.data['config.alloy'];
      if (text === undefined) return pending('ConfigMap alloy-config has no config.alloy', [], 'nothing yet');
      const where = `ConfigMap ${namespace}/alloy-config, key config.alloy`;
      const rate = /stage\.limit\s*\{[^}]*\brate\s*=\s*(\d+)/.exec(text)?.[1];
      if (rate !== String(rateLimit))
        return failed(
          `stage.limit has rate ${rate ?? 'none'}`,
          [`${where}: the goals say ${rateLimit}`],
          'set environment.alloy.rateLimit and run phase 3 again; what was changed by hand is overwritten',
        );
      const dropped = droppedNamespaces(text);
      const kept = excludedNamespaces.filter((name) => !dropped.has(name));
      return kept.length === 0
        ? met(`rate ${rate}, ${excludedNamespaces.length} namespaces left out`)
        : failed(
            `no rule leaves out ${kept.join(', ')}`,
            [`${where}: discovery.relabel has no drop rule for it`],
            'set environment.alloy.excludedNamespaces and run phase 3 again',
          );
    },
  });

const AlloyPod = v.object({
  metadata: v.object({ name: v.string() }),
  spec: v.object({
    containers: v.array(
      v.object({
        args: v.optional(v.array(v.string()), []),
        volumeMounts: v.optional(v.array(v.object({ name: v.string(), mountPath: v.string() })), []),
      }),
    ),
    volumes: v.optional(v.array(v.looseObject({ name: v.string() })), []),
  }),
});

/** Where Alloy remembers how far it has read. Below /tmp, the chart's default, that is lost with the container: everything is read, and sent, again. */
export const positionsAreKept = ({ namespace, name }: Alloy): Check =>
  check({
    id: 'alloy.positions-kept',
    title: 'Alloy remembers how far it has read when its container is replaced',
    holds: 'always',
    // While pods are replaced there are still some as they were before.
    after: ['alloy.on-every-node'],
    reads: { pods: readList({ group: '', version: 'v1', resource: 'pods', namespace }, AlloyPod, `app.kubernetes.io/instance=${name}`) },
    judge: ({ pods = [] }) => {
      const places = pods.flatMap(({ metadata, spec }) => {
        const main = spec.containers.find(({ args }) => args.includes('run'));
        const path = main?.args.find((arg) => arg.startsWith(STORAGE))?.slice(STORAGE.length) ?? 'data-alloy';
        const mount = main?.volumeMounts.find(({ mountPath }) => `${path}/`.startsWith(`${mountPath}/`));
        const volume = spec.volumes.find((one) => one.name === mount?.name);
        return [{ pod: metadata.name, path, isKept: volume?.hostPath !== undefined || volume?.persistentVolumeClaim !== undefined }];
      });
      const lost = places.filter(({ isKept }) => !isKept);
      if (places.length === 0) return pending('no pod of Alloy is there', [], `kubectl get daemonset -n ${namespace} ${name}`);
      return lost.length === 0
        ? met(`${places.length} pods keep them in ${[...new Set(places.map(({ path }) => path))].join(', ')} of their node`)
        : failed(
            `${lost.length} of ${places.length} pods keep them in their container`,
            lost.map(
              ({ pod, path }) =>
                `Pod ${namespace}/${pod}: no hostPath and no claim is mounted at ${path}: each new container sends every line again`,
            ),
            'take alloy.storagePath, alloy.mounts.extra and controller.volumes.extra out of environment.alloy.values, or let them name a hostPath; then run phase 3 again',
          );
    },
  });

const STORAGE = '--storage.path=';

/** Of the rules that drop by namespace, the names in their regular expression. */
function droppedNamespaces(config: string): ReadonlySet<string> {
  const rules = [...config.matchAll(/\brule\s*\{([^}]*)\}/g)].map(([, body = '']) => body);
  const drops = rules.filter((body) => /"__meta_kubernetes_namespace"/.test(body) && /\baction\s*=\s*"drop"/.test(body));
  return new Set(drops.flatMap((body) => /\bregex\s*=\s*"([^"]*)"/.exec(body)?.[1]?.split('|') ?? []));
}
