import { type Fault, inObject, lokiPodWith } from './fault.ts';

/** Below what Loki needs: see MEMORY_NEEDS in the pods controller. */
const TOO_LITTLE = '128Mi';

/** Loki's pods, its gateway, its caches and what it writes to. */
export const LOKI: readonly Fault[] = [
  {
    name: 'oom-loop',
    description: `a mutating policy gives Loki's pods a memory limit of ${TOO_LITTLE}: they are killed for want of memory, again and again`,
    phase: 2,
    check: 'loki.no-restarts',
    says: ['Pod monitoring/loki-0', 'OOMKilled', 'memory'],
    remedy: 'the policy goes, and the pods are replaced by ones with the limit of the values',
    ...lokiPodWith(TOO_LITTLE),
  },
  {
    name: 'gateway-404',
    description: "the gateway's nginx.conf has no locations for push and queries: it answers them with 404",
    phase: 2,
    check: 'loki.gateway-routes',
    says: ['Service monitoring/loki-gateway', '404', 'nginx.conf'],
    remedy: 'Helm writes the whole nginx.conf again, and the gateway restarts with it',
    ...inObject('ConfigMap', 'loki-gateway', ({ data }) => {
      data['nginx.conf'] = data['nginx.conf'].replace(/ *location [^\n]*\/loki\/api\/v1\/[^{]*\{[^}]*\}\n/g, '');
    }),
  },
  {
    name: 'limits-ignored',
    description: "resources stand under a path that the chart ignores: Loki's container has no limits, with everything green",
    phase: 2,
    check: 'loki.limits-set',
    says: ['StatefulSet monitoring/loki', 'no memory request or limit', 'singleBinary.resources'],
    remedy: 'Helm writes the StatefulSet again, and Loki restarts with its limits',
    ...inObject('StatefulSet', 'loki', ({ spec }) => {
      spec.template.spec.containers[0].resources = {};
    }),
  },
  {
    name: 'wal-full',
    description: "Loki's volume is of an older claim, and much too small: its write-ahead log fills it",
    phase: 2,
    check: 'loki.wal-has-room',
    says: ['PersistentVolumeClaim monitoring/storage-loki-0', '100 % used', 'kubectl edit pvc -n monitoring storage-loki-0'],
    remedy: 'claims made anew are as big as the values say; one that is there has to be edited or removed',
    ...inObject('PersistentVolumeClaim', 'storage-loki-0', ({ spec }) => {
      spec.resources.requests.storage = '512Mi';
    }),
  },
  {
    name: 'too-many-labels',
    description: 'Alloy makes labels of everything that it knows about a pod: one more, and Loki refuses each of its lines',
    phase: 3,
    check: 'loki.labels-below-limit',
    says: ['at most 15 label names', 'the limit is 15', 'labelmap'],
    remedy: 'Flux applies the configuration of Git again, and Alloy loads it',
    ...inObject('ConfigMap', 'alloy-config', ({ data }) => {
      const rule = (number: number) =>
        `  rule {\n    source_labels = ["__meta_kubernetes_pod_name"]\n    target_label  = "pod_label_${number}"\n  }\n`;
      const rules = Array.from({ length: 9 }, (_, number) => rule(number)).join('');
      data['config.alloy'] = data['config.alloy'].replace(/discovery\.relabel [^{]*\{\n[^\n]*\n/, `$&${rules}`);
    }),
  },
  {
    name: 'rules-wrong-folder',
    description: "the rules go to the folder above the tenant's: Loki does not look there",
    phase: 5,
    check: 'loki.rules-folder',
    says: ['ConfigMap monitoring/loki-recording-rules', '/rules/fake', 'k8s-sidecar-target-directory'],
    remedy: 'Flux applies the ConfigMap of Git again, and the sidecar writes its files anew',
    ...inObject('ConfigMap', 'loki-recording-rules', ({ metadata }) => {
      metadata.annotations['k8s-sidecar-target-directory'] = '/rules';
    }),
  },
  {
    name: 'rule-selects-nothing',
    description: 'a rule selects a label that no stream has: it is healthy, and records nothing',
    phase: 5,
    check: 'loki.rules-select',
    says: ['rule namespace:log_lines:rate5m', '{job="monitoring/alloy"}', 'kubectl get configmap -n monitoring -l loki_rule'],
    remedy: 'Flux applies the ConfigMap of Git again, and Loki evaluates what stands there',
    ...inObject('ConfigMap', 'loki-recording-rules', ({ data }) => {
      data['recording-rules.yaml'] = data['recording-rules.yaml'].replace('{namespace=~".+"}', '{job="monitoring/alloy"}');
    }),
  },
];
