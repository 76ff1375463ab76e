import { type Probe, probing } from '#model/check.ts';
import type { Environment } from '#model/environment.ts';
import type { Manifest } from '#model/kubernetes.ts';
import { failed, met, pending } from '#model/verdict.ts';
import { notAnswering } from './answering.ts';
import { linesOf, readLines } from './loki-lines.ts';

const PROBE_POD = 'anton-logging-probe';

/** One workload that writes known lines: what arrives, how often, in which order, and what it carries tells how they travelled. */
export const collectsExactlyOnce = ({ alloy, loki }: Environment): Probe => ({
  id: 'alloy.collects-once',
  title: 'Lines of a test workload arrive once, in order, with their labels',
  holds: 'always',
  validFor: '24h',
  with: (mark) => {
    const wanted = Array.from({ length: 20 }, (_, index) => `${mark} line ${String(index).padStart(2, '0')}`);
    return probing({
      ...workload(alloy.namespace, wanted),
      reads: { found: readLines(loki.gateway, `{namespace="${alloy.namespace}",pod="${PROBE_POD}"} |= \`${mark}\``, '1h') },
      judge: ({ found }) => {
        if (found.value === undefined) return notAnswering('query_range', found);
        const lines = linesOf(found.value);
        const twice = lines.length - new Set(lines.map(({ line }) => line)).size;
        if (twice > 0)
          return failed(
            `${wanted.length} lines were written, ${lines.length} arrived`,
            [`${twice} arrived more than once: each Alloy pod ships every pod's lines, not only its own node's`],
            'limit discovery to spec.nodeName, as the shipped config.alloy does',
          );
        if (lines.length < wanted.length)
          return pending(
            `${lines.length} of ${wanted.length} lines arrived`,
            ['Alloy has not shipped the others'],
            'see loki_write_dropped_entries_total and the log of Alloy',
          );
        const missing = ['namespace', 'pod', 'container', 'node'].filter((name) => lines.some((line) => line.labels[name] === undefined));
        if (missing.length > 0)
          return failed(
            `lines lack the labels ${missing.join(', ')}`,
            [`no rule of config.alloy (ConfigMap ${alloy.namespace}/alloy-config) sets them`],
            'see discovery.relabel in config.alloy, mend it in Git and resume',
          );
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

/** A JSON line keeps its level and trace id, a health probe's line does not come at all. */
export const parsesAndFilters = ({ alloy, loki }: Environment): Probe => ({
  id: 'alloy.parses-and-filters',
  title: 'JSON lines are parsed and health probes are dropped',
  holds: 'always',
  validFor: '24h',
  with: (mark) => {
    const json = JSON.stringify({ level: 'warn', trace_id: `trace-${mark}`, msg: `${mark} json` });
    return probing({
      ...workload(alloy.namespace, [`GET /healthz ${mark}`, json]),
      reads: { found: readLines(loki.gateway, `{namespace="${alloy.namespace}",pod="${PROBE_POD}"} |= \`${mark}\``, '1h') },
      judge: ({ found }) => {
        if (found.value === undefined) return notAnswering('query_range', found);
        const lines = linesOf(found.value);
        const parsed = lines.find(({ line }) => line === json);
        // The filtered line was written first: once the second is there, it would be too.
        if (lines.some(({ line }) => line.startsWith('GET /healthz')))
          return failed(
            'the line of a health probe arrived',
            [`the drop rule of config.alloy (ConfigMap ${alloy.namespace}/alloy-config) does not match`],
            'compare stage.match in that ConfigMap with Git; kubectl rollout restart daemonset/alloy takes a newer one up',
          );
        if (parsed === undefined) return pending('the JSON line has not arrived', [], 'see the log of Alloy');
        if (parsed.labels.level !== 'warn' || parsed.labels.trace_id !== `trace-${mark}`)
          return failed(
            'the JSON line arrived without its level and trace_id',
            [`it has ${Object.keys(parsed.labels).join(', ')}`],
            'see stage.json and stage.structured_metadata in config.alloy; Loki needs allow_structured_metadata',
          );
        return met('level and trace_id are structured metadata, the health probe was dropped');
      },
    });
  },
});

/** A pod that prints its arguments, each a line, and ends. */
function workload(namespace: string, lines: readonly string[]) {
  const pod: Manifest = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: PROBE_POD,
      namespace,
      labels: { 'app.kubernetes.io/name': PROBE_POD, 'app.kubernetes.io/managed-by': 'anton-logging' },
    },
    spec: {
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      tolerations: [{ operator: 'Exists' }],
      containers: [
        {
          name: 'writer',
          image: 'docker.io/library/busybox:1.37.0',
          command: ['printf', '%s\\n'],
          args: lines,
          resources: { requests: { cpu: '10m', memory: '16Mi' }, limits: { memory: '32Mi' } },
          securityContext: {
            allowPrivilegeEscalation: false,
            capabilities: { drop: ['ALL'] },
            readOnlyRootFilesystem: true,
            runAsNonRoot: true,
            runAsUser: 65534,
          },
        },
      ],
    },
  };
  const remove = { do: 'remove', object: { apiVersion: 'v1', kind: 'Pod', namespace, name: PROBE_POD } } as const;
  return { before: [remove, { do: 'apply', object: pod } as const], after: [remove] };
}
