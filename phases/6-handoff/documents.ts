import type { Environment } from '#model/environment.ts';
import { appOf, type Files } from '../repository.ts';

/** What was observed of this cluster, for documents that describe it and not the product in general. */
export interface Facts {
  readonly lokiVersion: string;
  readonly nodes: readonly string[];
  readonly kubernetes: string;
}

export const DOCUMENTS = {
  runbook: 'docs/logging/runbook.md',
  queries: 'docs/logging/common-queries.md',
  troubleshooting: 'docs/logging/troubleshooting.md',
  architecture: 'docs/logging/architecture.md',
} as const;

export function operationDocuments(environment: Environment, facts: Facts): Files {
  return {
    [DOCUMENTS.runbook]: runbook(environment, facts),
    [DOCUMENTS.queries]: queries(environment),
    [DOCUMENTS.troubleshooting]: troubleshooting(environment),
    [DOCUMENTS.architecture]: architecture(environment, facts),
  };
}

function runbook(environment: Environment, { lokiVersion, nodes, kubernetes }: Facts): string {
  const { loki, alloy, storage } = environment;
  return `# Logging: runbook

Loki ${lokiVersion || loki.version} (chart ${loki.chart.version}) and Alloy (chart ${alloy.chart.version}) on Kubernetes ${kubernetes}, nodes ${nodes.join(', ')}.

| what | where |
|---|---|
| Loki | StatefulSet \`${loki.namespace}/${loki.name}\`, Service \`${loki.service.name}:${loki.service.port}\`; through the gateway \`${loki.gateway.name}:${loki.gateway.port}\` |
| Alloy | DaemonSet \`${alloy.namespace}/${alloy.name}\`, one pod a node |
| Chunks | bucket \`${storage.bucket.name}\` at \`${storage.endpoint}\`, kept for ${loki.retention} |
| Configuration | \`${appOf(environment, 'loki').directory}\` and \`${appOf(environment, 'alloy').directory}\` in Git; nothing is changed by hand in the cluster |

## Is it well?

\`\`\`sh
anton-logging status
\`\`\`

## Restart Loki

\`\`\`sh
kubectl -n ${loki.namespace} rollout restart statefulset/${loki.name}
kubectl -n ${loki.namespace} rollout status statefulset/${loki.name}
\`\`\`

Lines of the meantime wait in Alloy and are sent afterwards.

## Change retention, memory or values

Edit \`environment\` in goals.json, then \`anton-logging run\`: only what is touched is rolled out again.
`;
}

function queries({ loki }: Environment): string {
  return `# Logging: common queries

\`\`\`logql
{namespace="${loki.namespace}", container="loki"} |= "level=error"
sum by (namespace) (count_over_time({namespace=~".+"}[5m]))
\`\`\`

Instant queries take metric queries only; lines come from range queries. At least one matcher must not match the empty string.
`;
}

function troubleshooting({ loki, alloy, storage }: Environment): string {
  return `# Logging: troubleshooting

| symptom | look at | then |
|---|---|---|
| no new lines | \`kubectl -n ${alloy.namespace} get daemonset ${alloy.name}\`; \`loki_write_dropped_entries_total\` of Alloy | the label \`reason\` says why Loki refused them |
| 404 through \`${loki.gateway.name}\` | ConfigMap \`${loki.namespace}/${loki.name}-gateway\`, nginx.conf | a route is missing: compare with the chart |
| Loki restarts | \`kubectl -n ${loki.namespace} describe pod ${loki.name}-0\` | OOMKilled: raise \`environment.loki.memory.limit\` |
| the bucket only grows | \`/config\`: \`compactor.retention_enabled\` | a period alone deletes nothing |
| 403 from ${storage.endpoint} | Secret \`${storage.bucket.credentials.namespace}/${storage.bucket.credentials.name}\` | renew it where it comes from, restart Loki: it reads the keys once |
`;
}

function architecture({ loki, alloy, storage, prometheus, grafana }: Environment, { nodes }: Facts): string {
  return `# Logging: architecture

\`\`\`mermaid
flowchart LR
${nodes.map((node, index) => `  n${index}["pods on ${node}"] --> a${index}["Alloy on ${node}"]\n  a${index} --> gateway`).join('\n')}
  gateway["${loki.gateway.name}"] --> loki["${loki.name} ${loki.version}"]
  loki --> bucket[("${storage.bucket.name}")]
${prometheus === null ? '' : `  loki -- recorded series --> prometheus["${prometheus.service.name}"]\n`}${grafana === null ? '' : `  grafana["${grafana.service.name}"] --> gateway\n`}\`\`\`

Alloy's configuration is ConfigMap \`${alloy.namespace}/alloy-config\`.
`;
}
