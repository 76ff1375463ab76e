import { type Probe, probing } from '#model/check.ts';
import type { Environment } from '#model/environment.ts';
import { failed, met, pending } from '#model/verdict.ts';
import { linesWith, PROBE_APP, PROBE_POD, readMarked, WRITER, whyNotShipped, workload } from './alloy-workload.ts';
import { notAnswering } from './answering.ts';
import { linesOf } from './loki-lines.ts';
import { Pod } from './objects.ts';
import { readObject } from './reads.ts';

/** One workload that writes known lines: what arrives, how often and in which order tells how they travelled. */
export const collectsExactlyOnce = (environment: Environment): Probe => ({
  id: 'alloy.collects-once',
  title: 'Lines of a test workload arrive, each once and in order',
  holds: 'always',
  after: ['loki.gateway-routes'],
  validFor: '24h',
  with: (mark) => {
    const { alloy } = environment;
    const wanted = Array.from({ length: 20 }, (_, index) => `${mark} line ${String(index).padStart(2, '0')}`);
    return probing({
      ...workload(alloy.namespace, wanted),
      reads: { found: readMarked(environment, mark) },
      judge: ({ found }) => {
        if (found.value === undefined) return notAnswering('query_range', found);
        const lines = linesOf(found.value);
        const changed = lines.filter(({ line }) => !wanted.includes(line));
        if (changed.length > 0)
          return failed(
            `${changed.length} lines are not as they were written`,
            [`one of them is “${changed[0]?.line.slice(0, 120)}”, and the stages of config.alloy should leave what the pod wrote`],
            `see stage.cri in config.alloy (ConfigMap ${alloy.namespace}/alloy-config): it takes off the prefix of the container runtime, and has to be the first stage`,
          );
        const twice = lines.length - new Set(lines.map(({ line }) => line)).size;
        if (twice > 0)
          return failed(
            `${wanted.length} lines were written, ${lines.length} arrived`,
            [`${twice} arrived more than once: each Alloy pod ships every pod's lines, not only its own node's`],
            'limit discovery to spec.nodeName, as the shipped config.alloy does',
          );
        if (lines.length < wanted.length)
          return pending(`${lines.length} of ${wanted.length} lines arrived`, ['Alloy has not shipped the others'], whyNotShipped(alloy));
        const ordered = lines.map(({ line }) => line).join() === wanted.join();
        return ordered
          ? met(`${lines.length} of ${wanted.length} lines, none twice, in order`)
          : failed(
              'lines arrived out of order',
              ['their timestamps are not those of writing'],
              'see stage.cri in config.alloy: it sets the timestamp from the log file, and has to be the first stage',
            );
      },
    });
  },
});

/** The labels by which somebody looks for a line say where it really came from. */
export const labelsAreThePods = (environment: Environment): Probe => ({
  id: 'alloy.pod-labels',
  title: 'A line carries the labels of its pod',
  holds: 'always',
  after: ['loki.gateway-routes'],
  validFor: '24h',
  with: (mark) => {
    const { alloy } = environment;
    const { namespace } = alloy;
    return probing({
      ...workload(namespace, [`${mark} labels`]),
      reads: {
        pod: readObject({ apiVersion: 'v1', kind: 'Pod', namespace, name: PROBE_POD }, Pod),
        // By the line alone: what it is looked for by may be what is lost.
        found: readMarked(environment, mark),
      },
      judge: ({ pod, found }) => {
        if (found.value === undefined) return notAnswering('query_range', found);
        const [line] = linesOf(found.value);
        const node = pod?.spec.nodeName;
        if (line === undefined || node === undefined)
          return pending('the line has not arrived', [`${linesWith(mark, namespace)} finds none`], whyNotShipped(alloy));
        const wanted = { namespace, pod: PROBE_POD, container: WRITER, node, app: PROBE_APP };
        const wrong = Object.entries(wanted).filter(([label, value]) => line.labels[label] !== value);
        return wrong.length === 0
          ? met(
              Object.entries(wanted)
                .map(([label, value]) => `${label}=${value}`)
                .join(', '),
            )
          : failed(
              `the line has other labels than its pod: ${wrong.map(([label]) => label).join(', ')}`,
              wrong.map(([label, value]) => `${label} is ${line.labels[label] ?? 'not there'}, and ${value} is right`),
              `see discovery.relabel in config.alloy (ConfigMap ${namespace}/alloy-config), mend it in Git and resume`,
            );
      },
    });
  },
});

/** A JSON line keeps its level and trace id. */
export const parsesJson = (environment: Environment): Probe => ({
  id: 'alloy.parses-json',
  title: 'Level and trace id of a JSON line can be asked for',
  holds: 'always',
  after: ['loki.gateway-routes'],
  validFor: '24h',
  with: (mark) => {
    const { alloy } = environment;
    const json = JSON.stringify({ level: 'warn', trace_id: `trace-${mark}`, msg: `${mark} json` });
    return probing({
      ...workload(alloy.namespace, [json]),
      reads: { found: readMarked(environment, mark) },
      judge: ({ found }) => {
        if (found.value === undefined) return notAnswering('query_range', found);
        const parsed = linesOf(found.value).find(({ line }) => line === json);
        if (parsed === undefined) return pending('the JSON line has not arrived', ['one was written'], whyNotShipped(alloy));
        return parsed.labels.level === 'warn' && parsed.labels.trace_id === `trace-${mark}`
          ? met('level and trace_id are structured metadata')
          : failed(
              'the JSON line arrived without its level and trace_id',
              [`it has ${Object.keys(parsed.labels).join(', ')}`],
              `see stage.json and stage.structured_metadata in config.alloy (ConfigMap ${alloy.namespace}/alloy-config); Loki needs allow_structured_metadata`,
            );
      },
    });
  },
});

/** A health probe's line does not come at all. */
export const filtersHealthProbes = (environment: Environment): Probe => ({
  id: 'alloy.filters',
  title: 'Lines of health probes are dropped, others are not',
  holds: 'always',
  after: ['loki.gateway-routes'],
  validFor: '24h',
  with: (mark) => {
    const { alloy } = environment;
    const kept = `${mark} kept`;
    return probing({
      ...workload(alloy.namespace, [`GET /healthz ${mark}`, kept]),
      reads: { found: readMarked(environment, mark) },
      judge: ({ found }) => {
        if (found.value === undefined) return notAnswering('query_range', found);
        const lines = linesOf(found.value).map(({ line }) => line);
        if (lines.some((line) => line.startsWith('GET /healthz')))
          return failed(
            'the line of a health probe arrived',
            [`the drop rule of config.alloy (ConfigMap ${alloy.namespace}/alloy-config) does not match`],
            `compare stage.match in that ConfigMap with Git; kubectl rollout restart -n ${alloy.namespace} daemonset/${alloy.name} takes a newer one up`,
          );
        // It was written second: once it is there, the other would be, too.
        return lines.includes(kept)
          ? met('1 of 2 lines arrived, the health probe was dropped')
          : pending('the line after the health probe has not arrived', ['one was written'], whyNotShipped(alloy));
      },
    });
  },
});
