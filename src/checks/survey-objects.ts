import * as v from 'valibot';

/** The parts of objects that a survey looks at: of what is not set, the field is not there. */

const text = v.string();
const name = v.optional(text, '');
const labels = v.optional(v.record(text, text), {});
const Metadata = v.object({ name: text, namespace: name, labels });

export const Plain = v.object({ metadata: Metadata });
export const Node = v.object({ metadata: Metadata, status: v.object({ allocatable: v.object({ memory: text }) }) });
export const StorageClass = v.object({
  metadata: v.object({ ...Metadata.entries, annotations: labels, creationTimestamp: name }),
  provisioner: text,
  parameters: labels,
});
export const Service = v.object({
  metadata: Metadata,
  spec: v.optional(v.object({ selector: labels, ports: v.optional(v.array(v.object({ name, port: v.number() })), []) }), {}),
});
const Reference = v.object({ name: text, key: text });
const Variable = v.object({ name: text, valueFrom: v.optional(v.object({ secretKeyRef: v.optional(Reference) })) });
export const Workload = v.object({
  metadata: Metadata,
  spec: v.object({
    template: v.object({
      metadata: v.optional(v.object({ labels }), {}),
      spec: v.object({ containers: v.array(v.object({ env: v.optional(v.array(Variable), []) })) }),
    }),
  }),
});
export const GitRepository = v.object({
  metadata: Metadata,
  spec: v.object({ url: text, ref: v.optional(v.object({ name: v.optional(text), branch: v.optional(text) })) }),
});
export const Kustomization = v.object({
  metadata: Metadata,
  spec: v.object({
    path: name,
    sourceRef: v.object({ kind: text, name: text, namespace: v.optional(text) }),
    targetNamespace: v.optional(text),
  }),
});
const Values = v.object({ logs: v.optional(v.object({ persistence: v.optional(v.object({ existingClaim: v.optional(text) })) })) });
export const HelmRelease = v.object({
  metadata: Metadata,
  spec: v.optional(
    v.object({
      chart: v.optional(v.object({ spec: v.object({ chart: text, version: v.optional(text) }) })),
      releaseName: v.optional(text),
      targetNamespace: v.optional(text),
      values: v.optional(Values),
    }),
    {},
  ),
  status: v.optional(v.object({ history: v.optional(v.array(v.object({ chartName: name, chartVersion: name })), []) }), {}),
});
export const ObjectStore = v.object({
  metadata: Metadata,
  spec: v.optional(v.object({ gateway: v.optional(v.object({ port: v.optional(v.number()) })) }), {}),
  status: v.optional(v.object({ phase: name, info: v.optional(v.object({ endpoint: v.optional(text) })) })),
});
const Selector = v.object({ matchLabels: v.optional(v.record(text, text)), matchExpressions: v.optional(v.array(v.unknown())) });
export const Prometheus = v.object({
  metadata: Metadata,
  spec: v.optional(
    v.object({ enableRemoteWriteReceiver: v.optional(v.boolean(), false), serviceMonitorSelector: v.optional(Selector) }),
    {},
  ),
});
