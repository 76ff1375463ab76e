import * as v from 'valibot';
import { parseQuantity } from './quantity.ts';

/** The parts of Kubernetes objects that the checks look at. Everything else of an object is let through unread. */

const text = v.string();
const count = v.optional(v.number(), 0);
const time = v.pipe(
  text,
  v.check((value) => !Number.isNaN(Date.parse(value)), 'it is no time'),
);
const quantity = v.pipe(
  v.union([text, v.number()]),
  v.transform(String),
  v.check((value) => !Number.isNaN(parseQuantity(value)), 'it is no quantity'),
);
const quantities = v.optional(v.record(text, quantity), {});

export const Condition = v.object({
  type: text,
  status: text,
  reason: v.optional(text, ''),
  message: v.optional(text, ''),
  lastTransitionTime: v.optional(text),
  observedGeneration: v.optional(v.number()),
});
export type Condition = v.InferOutput<typeof Condition>;

const Metadata = v.object({
  name: text,
  namespace: v.optional(text, ''),
  generation: v.optional(v.number(), 0),
  creationTimestamp: v.optional(text),
  deletionTimestamp: v.optional(text),
  labels: v.optional(v.record(text, text), {}),
  annotations: v.optional(v.record(text, text), {}),
  ownerReferences: v.optional(v.array(v.object({ kind: text, name: text })), []),
});

const conditions = v.optional(v.array(Condition), []);

export const AnyObject = v.object({ metadata: Metadata });

export const Node = v.object({
  metadata: Metadata,
  spec: v.optional(
    v.object({
      unschedulable: v.optional(v.boolean(), false),
      taints: v.optional(v.array(v.looseObject({ effect: text, key: text })), []),
    }),
    {},
  ),
  status: v.object({ conditions, allocatable: quantities }),
});

const Terminated = v.object({
  reason: v.optional(text, ''),
  exitCode: v.optional(v.number(), 0),
  startedAt: v.optional(time),
  finishedAt: v.optional(time),
});
export type Terminated = v.InferOutput<typeof Terminated>;
const ContainerStatus = v.object({
  name: text,
  ready: v.optional(v.boolean(), false),
  restartCount: count,
  state: v.optional(
    v.object({
      waiting: v.optional(v.object({ reason: v.optional(text, ''), message: v.optional(text, '') })),
      running: v.optional(v.object({ startedAt: v.optional(time) })),
      terminated: v.optional(Terminated),
    }),
    {},
  ),
  lastState: v.optional(v.object({ terminated: v.optional(Terminated) }), {}),
});
export type ContainerStatus = v.InferOutput<typeof ContainerStatus>;
const Resources = v.optional(v.object({ requests: quantities, limits: quantities }), {});
const Variable = v.object({ name: text, value: v.optional(text) });
const Container = v.object({ name: text, image: v.optional(text, ''), resources: Resources, env: v.optional(v.array(Variable), []) });
export const Pod = v.object({
  metadata: Metadata,
  spec: v.object({
    nodeName: v.optional(text),
    containers: v.array(Container),
    volumes: v.optional(v.array(v.looseObject({ persistentVolumeClaim: v.optional(v.object({ claimName: text })) })), []),
  }),
  status: v.optional(
    v.object({
      phase: v.optional(text, 'Pending'),
      conditions,
      reason: v.optional(text, ''),
      message: v.optional(text, ''),
      initContainerStatuses: v.optional(v.array(ContainerStatus), []),
      containerStatuses: v.optional(v.array(ContainerStatus), []),
      startTime: v.optional(text),
    }),
    {},
  ),
});
export type Pod = v.InferOutput<typeof Pod>;

const PodTemplate = v.object({
  metadata: v.optional(v.object({ labels: v.optional(v.record(text, text), {}) }), {}),
  spec: v.object({ containers: v.array(Container) }),
});

export const Service = v.object({
  metadata: Metadata,
  spec: v.object({
    selector: v.optional(v.record(text, text), {}),
    ports: v.optional(v.array(v.looseObject({ port: v.number() })), []),
  }),
});

export const StatefulSet = v.object({
  metadata: Metadata,
  spec: v.object({
    replicas: v.optional(v.number(), 1),
    podManagementPolicy: v.optional(text, 'OrderedReady'),
    volumeClaimTemplates: v.optional(
      v.array(v.object({ spec: v.object({ resources: Resources, storageClassName: v.optional(text) }) })),
      [],
    ),
    template: PodTemplate,
  }),
  status: v.optional(
    v.object({
      observedGeneration: count,
      readyReplicas: count,
      updatedReplicas: count,
      currentRevision: v.optional(text, ''),
      updateRevision: v.optional(text, ''),
    }),
    {},
  ),
});

export type StatefulSet = v.InferOutput<typeof StatefulSet>;

export const Deployment = v.object({
  metadata: Metadata,
  spec: v.object({ replicas: v.optional(v.number(), 1), template: PodTemplate }),
  status: v.optional(v.object({ observedGeneration: count, updatedReplicas: count, availableReplicas: count, conditions }), {}),
});

export type DeploymentObject = v.InferOutput<typeof Deployment>;

export const DaemonSet = v.object({
  metadata: Metadata,
  status: v.optional(
    v.object({ observedGeneration: count, desiredNumberScheduled: count, updatedNumberScheduled: count, numberAvailable: count }),
    {},
  ),
});
export type DaemonSet = v.InferOutput<typeof DaemonSet>;

/** How many pods a workload wants, and how many it has made, whatever became of them. */
export const Workload = v.object({
  metadata: Metadata,
  spec: v.optional(v.object({ replicas: v.optional(v.number(), 1) }), {}),
  status: v.optional(
    v.object({ desiredNumberScheduled: v.optional(v.number()), currentNumberScheduled: v.optional(v.number()), replicas: count }),
    {},
  ),
});

export const Claim = v.object({
  metadata: Metadata,
  spec: v.object({ resources: Resources, volumeName: v.optional(text), storageClassName: v.optional(text) }),
  status: v.optional(v.object({ phase: v.optional(text, 'Pending') }), {}),
});

export type Claim = v.InferOutput<typeof Claim>;

export const PersistentVolume = v.object({
  metadata: Metadata,
  spec: v.object({ persistentVolumeReclaimPolicy: text }),
});

export const Job = v.object({ metadata: Metadata, status: v.optional(v.object({ conditions }), {}) });
export type Job = v.InferOutput<typeof Job>;

export const ResourceQuota = v.object({
  metadata: Metadata,
  spec: v.optional(v.object({ hard: quantities }), {}),
  status: v.optional(v.object({ used: quantities }), {}),
});

/** What a controller says of an object, for an hour. */
export const EventObject = v.object({
  metadata: Metadata,
  involvedObject: v.object({ kind: v.optional(text, ''), name: v.optional(text, '') }),
  reason: v.optional(text, ''),
  message: v.optional(text, ''),
  lastTimestamp: v.optional(v.nullable(text)),
  eventTime: v.optional(v.nullable(text)),
});
export type EventObject = v.InferOutput<typeof EventObject>;

export const StorageClass = v.object({ metadata: Metadata, provisioner: text });

export const ConfigMap = v.object({ metadata: Metadata, data: v.optional(v.record(text, text), {}) });

/** Flux's objects: conditions, the generation they speak of, and what was fetched or applied. */
export const Flux = v.object({
  metadata: Metadata,
  spec: v.optional(
    v.looseObject({
      suspend: v.optional(v.boolean(), false),
      ref: v.optional(v.looseObject({ branch: v.optional(text), name: v.optional(text) })),
      type: v.optional(text),
    }),
    { suspend: false },
  ),
  status: v.optional(
    v.object({
      observedGeneration: v.optional(v.number(), -1),
      conditions,
      artifact: v.optional(v.object({ revision: text, lastUpdateTime: v.optional(text) })),
      lastAppliedRevision: v.optional(text),
      lastAttemptedRevision: v.optional(text),
      lastAttemptedGeneration: v.optional(v.number()),
      lastHandledReconcileAt: v.optional(text),
      history: v.optional(v.array(v.looseObject({ chartVersion: v.optional(text, ''), status: v.optional(text, '') })), []),
    }),
    {},
  ),
});
export type Flux = v.InferOutput<typeof Flux>;

/** Who holds which objects. */
export const Kustomization = v.object({
  metadata: Metadata,
  spec: v.looseObject({
    path: v.optional(text, './'),
    sourceRef: v.optional(v.looseObject({ kind: v.optional(text, ''), name: v.optional(text, '') }), {}),
  }),
  status: v.optional(
    v.object({ inventory: v.optional(v.object({ entries: v.optional(v.array(v.looseObject({ id: text })), []) }), {}) }),
    {},
  ),
});

export const Ceph = v.object({
  metadata: Metadata,
  status: v.optional(
    v.object({
      phase: v.optional(text, ''),
      message: v.optional(text, ''),
      info: v.optional(v.looseObject({ endpoint: v.optional(text) })),
      ceph: v.optional(
        v.looseObject({
          health: v.optional(text, ''),
          details: v.optional(v.record(text, v.looseObject({ message: v.optional(text, '') })), {}),
          capacity: v.optional(v.looseObject({ bytesTotal: count, bytesUsed: count }), {}),
        }),
      ),
    }),
    {},
  ),
});

/** Also a SecretStore: both say in Ready whether they work. */
export const ExternalSecret = v.object({
  metadata: Metadata,
  spec: v.optional(v.looseObject({ secretStoreRef: v.optional(v.looseObject({ name: text })) }), {}),
  status: v.optional(v.object({ conditions }), {}),
});

export const PrometheusObject = v.object({
  metadata: Metadata,
  spec: v.looseObject({ enableRemoteWriteReceiver: v.optional(v.boolean(), false) }),
  status: v.optional(v.object({ conditions }), {}),
});

export function findCondition(all: readonly Condition[], type: string): Condition | undefined {
  return all.find((condition) => condition.type === type);
}
