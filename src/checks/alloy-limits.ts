import * as v from 'valibot';
import { type Probe, probing } from '#model/check.ts';
import type { Environment } from '#model/environment.ts';
import type { Read } from '#model/read.ts';
import { failed, met, pending } from '#model/verdict.ts';
import { BURST_SECONDS } from './alloy.ts';
import { askEveryPod, type EveryPod } from './alloy-pods.ts';
import { linesWith, MANAGED_BY, PROBE_POD, readMarked, whyNotShipped, workload } from './alloy-workload.ts';
import { notAnswering } from './answering.ts';
import { linesOf, readLines } from './loki-lines.ts';
import { samplesIn } from './metrics.ts';
import { AnyObject } from './objects.ts';
import { type Http, type Json, readHttp, readJson, readList } from './reads.ts';

/** A pod that prints more lines than this would be one that Kubernetes does not take, or that hurts. */
export const MOST_LINES = 20_000;

/** How many lines the probe of a rate limit has to write: twice what may pass at once. */
export function burstOver(rateLimit: number): number {
  return rateLimit * BURST_SECONDS * 2;
}

const Count = v.object({
  data: v.object({ result: v.array(v.object({ value: v.tuple([v.number(), v.pipe(v.string(), v.regex(/^\d+$/))]) })) }),
});
type Count = v.InferOutput<typeof Count>;
type RateReads = EveryPod<Http> & { readonly count: Read<Json<Count>> };

/** More lines at once than may pass: those that may, arrive, and Alloy has counted the others. */
export const rateIsLimited = ({ alloy, loki }: Environment): Probe => ({
  id: 'alloy.rate-limited',
  title: `Of more lines than ${alloy.rateLimit} a second a pod's surplus is dropped`,
  holds: 'always',
  after: ['loki.gateway-routes'],
  validFor: '24h',
  with: (mark) => {
    const { namespace } = alloy;
    const written = burstOver(alloy.rateLimit);
    const most = alloy.rateLimit * BURST_SECONDS;
    const numbers = Array.from({ length: written }, (_, index) => String(index));
    const { pods, next, nextPermissions } = askEveryPod(alloy, (pod) => readHttp(pod, '/metrics'));
    const query = { query: `sum(count_over_time(${linesWith(mark, namespace)} [1h]))` };
    return probing<RateReads>({
      ...workload(namespace, numbers, `${mark} burst %s`),
      reads: { pods, count: readJson(loki.gateway, '/loki/api/v1/query', Count, { query }) },
      next: (seen) => next(seen.pods),
      nextPermissions,
      judge: (seen) => {
        if (seen.count.value === undefined) return notAnswering('query', seen.count);
        const arrived = Number(seen.count.value.data.result[0]?.value[1] ?? 0);
        const texts = (seen.pods ?? []).flatMap(({ metadata }) => seen[`of ${metadata.name}`]?.text ?? []);
        const dropped = texts
          .flatMap((text) => samplesIn(text, 'loki_process_dropped_lines_by_label_total'))
          .filter(({ labels }) => labels.label_value === PROBE_POD)
          .reduce((sum, { value }) => sum + value, 0);
        const saw = `${arrived} of ${written} lines arrived, ${dropped} dropped by the limit`;
        const remedy = `see stage.limit in config.alloy (ConfigMap ${namespace}/alloy-config) and environment.alloy.rateLimit; mend it in Git and resume`;
        if (arrived >= written) return failed(saw, [`none was held back: at most ${most} may pass at once`], remedy);
        // The count goes on from earlier probes, so it may be higher, but never lower.
        if (arrived + dropped < written) return pending(saw, ['the others are on their way'], whyNotShipped(alloy));
        // Who wrote shortly before has used some of what may pass at once: a probe that is repeated after a killed run, for one.
        return arrived > 0 ? met(saw) : pending(saw, [`up to ${most} may pass at once`], remedy);
      },
    });
  },
});

/** A negative needs something to compare with: the line of the same pod in a namespace that is collected comes after, and arrives. */
export const namespaceIsLeftOut = (environment: Environment, excluded: string): Probe => ({
  id: 'alloy.namespace-filter',
  title: `A line written in namespace ${excluded} does not arrive`,
  holds: 'always',
  after: ['loki.gateway-routes'],
  validFor: '24h',
  with: (mark) => {
    const { alloy, loki } = environment;
    const [left, kept] = [workload(excluded, [`${mark} left out`]), workload(alloy.namespace, [`${mark} kept`])];
    return probing({
      before: [...left.before, ...kept.before],
      after: [...left.after, ...kept.after],
      reads: { kept: readMarked(environment, mark), left: readLines(loki.gateway, linesWith(mark, excluded), '1h') },
      judge: ({ kept, left }) => {
        if (kept.value === undefined) return notAnswering('query_range', kept);
        if (left.value === undefined) return notAnswering('query_range', left);
        if (linesOf(left.value).length > 0)
          return failed(
            `a line from namespace ${excluded} arrived`,
            [`no rule of discovery.relabel in config.alloy (ConfigMap ${alloy.namespace}/alloy-config) drops it, as it runs`],
            `set environment.alloy.excludedNamespaces and run phase 3 again; kubectl rollout restart -n ${alloy.namespace} daemonset/${alloy.name} takes a newer one up`,
          );
        return linesOf(kept.value).length > 0
          ? met(`a line from ${alloy.namespace} arrived, the one from ${excluded} did not`)
          : pending(`no line arrived, from ${alloy.namespace} either`, ['one was written'], whyNotShipped(alloy));
      },
    });
  },
});

/** Seconds. Alloy looks for new files every 10 s and sends at least once a second; we ask again after 5 s at most. */
const WRITE_TO_READ = 20;

/** From the time that the line carries, which is when it was written, to the answer that holds it. */
export const linesAreReadableSoon = (environment: Environment): Probe => ({
  id: 'loki.write-to-read',
  title: `A line can be read ${WRITE_TO_READ} s after it was written`,
  holds: 'always',
  after: ['loki.gateway-routes'],
  validFor: '24h',
  with: (mark) => {
    const { alloy } = environment;
    return probing({
      ...workload(alloy.namespace, [`${mark} latency`]),
      reads: { found: readMarked(environment, mark) },
      judge: ({ found }, now) => {
        if (found.value === undefined) return notAnswering('query_range', found);
        const [line] = linesOf(found.value);
        if (line === undefined) return pending('the line has not arrived', ['one was written'], whyNotShipped(alloy));
        const seconds = (now.getTime() + (found.took[0] ?? 0) - Number(line.at / 1_000_000n)) / 1000;
        const saw = `readable ${Math.max(0, seconds).toFixed(1)} s after it was written`;
        return seconds <= WRITE_TO_READ
          ? met(saw)
          : failed(
              saw,
              [`the target is ${WRITE_TO_READ} s; either it waited in Alloy, or the clock of its node is behind`],
              `see sync_period and batch_wait in config.alloy (ConfigMap ${alloy.namespace}/alloy-config), and with talosctl time the clocks of the nodes`,
            );
      },
    });
  },
});

/** The last probe of all: whatever a run that was killed has left is removed first, and then nothing of ours may be there. */
export const nothingOfOursIsLeft = ({ alloy }: Environment): Probe => ({
  id: 'alloy.no-probe-left',
  title: `No test workload is left in ${alloy.namespace}`,
  holds: 'always',
  after: ['loki.gateway-routes'],
  validFor: '24h',
  with: () =>
    probing({
      before: workload(alloy.namespace, []).after,
      reads: { pods: readList({ group: '', version: 'v1', resource: 'pods', namespace: alloy.namespace }, AnyObject, MANAGED_BY) },
      judge: ({ pods = [] }) =>
        pods.length === 0
          ? met(`no pod has the label ${MANAGED_BY}`)
          : pending(
              `${pods.length} pods are left: ${pods.map(({ metadata }) => metadata.name).join(', ')}`,
              ['their removal is not finished, or they were made by hand'],
              `kubectl delete pods -n ${alloy.namespace} -l ${MANAGED_BY}`,
            ),
      after: [],
    }),
});
