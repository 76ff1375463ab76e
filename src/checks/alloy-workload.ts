import type { Change } from '#model/change.ts';
import type { Alloy, Environment } from '#model/environment.ts';
import type { Manifest } from '#model/kubernetes.ts';
import { readLines } from './loki-lines.ts';

/** The pod of every probe, one at a time: what a killed run left is replaced by the next one's. */
export const PROBE_POD = 'anton-logging-probe';
/** What the label app of its lines has to become: another word than its name, which would do where the label is not found. */
export const PROBE_APP = 'anton-logging-test';
/** What we leave nowhere. */
export const MANAGED_BY = 'app.kubernetes.io/managed-by=anton-logging';
export const WRITER = 'writer';

/** A pod that prints each text with the format around it, a line each, and ends; `after` removes it. */
export function workload(
  namespace: string,
  texts: readonly string[],
  format = '%s',
): { before: readonly Change[]; after: readonly Change[] } {
  const [label = '', value = ''] = MANAGED_BY.split('=');
  const pod: Manifest = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: PROBE_POD, namespace, labels: { 'app.kubernetes.io/name': PROBE_APP, [label]: value } },
    spec: {
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      tolerations: [{ operator: 'Exists' }],
      containers: [
        {
          name: WRITER,
          image: 'docker.io/library/busybox:1.37.0',
          command: ['printf', `${format}\\n`],
          args: texts,
          resources: { requests: { cpu: '10m', memory: '16Mi' }, limits: { memory: '32Mi' } },
          // What the strictest level of pod security asks for: namespaces that are left out may have it.
          securityContext: {
            allowPrivilegeEscalation: false,
            capabilities: { drop: ['ALL'] },
            readOnlyRootFilesystem: true,
            runAsNonRoot: true,
            runAsUser: 65534,
            seccompProfile: { type: 'RuntimeDefault' },
          },
        },
      ],
    },
  };
  const remove = { do: 'remove', object: { apiVersion: 'v1', kind: 'Pod', namespace, name: PROBE_POD } } as const;
  return { before: [remove, { do: 'apply', object: pod }], after: [remove] };
}

/** The selector of the lines of the probe's pod that hold a mark. */
export function linesWith(mark: string, namespace: string): string {
  return `{namespace="${namespace}",pod="${PROBE_POD}"} |= \`${mark}\``;
}

/** Those lines, through the gateway. */
export function readMarked({ alloy, loki }: Environment, mark: string) {
  return readLines(loki.gateway, linesWith(mark, alloy.namespace), '1h');
}

/** Where to look when nothing arrives. */
export function whyNotShipped({ namespace, name }: Alloy): string {
  return `see loki_write_dropped_entries_total, and kubectl logs -n ${namespace} daemonset/${name} -c alloy`;
}
