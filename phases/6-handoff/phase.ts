import * as v from 'valibot';
import { documentIsThere } from '#checks/documents.ts';
import { lokiIsReady } from '#checks/loki.ts';
import { canaryIsQuiet } from '#checks/loki-canary.ts';
import { writesAreAvailable } from '#checks/metric-prometheus.ts';
import { Node } from '#checks/objects.ts';
import { historyIsWhole, nothingFires, nothingIncreased, nothingWasKilled, readHistoryBegin } from '#checks/prometheus-history.ts';
import { readApi, readJson, readList } from '#checks/reads.ts';
import { oldLinesAreGone } from '#checks/retention-proof.ts';
import { costIsCounted } from '#checks/storage-cost.ts';
import { bucketHasRoom } from '#checks/storage-use.ts';
import type { Derive, Step } from '#model/change.ts';
import type { Soak } from '#model/check.ts';
import type { Environment, Prometheus } from '#model/environment.ts';
import { definePhase, objective } from '#model/phase.ts';
import { DOCUMENTS, operationDocuments } from './documents.ts';

export default definePhase(6, 'Operational Handoff', (environment) => {
  const { gitops, loki, prometheus, storage, airflow } = environment;
  return {
    preconditions: [lokiIsReady(loki)],
    objectives: [
      objective('6.1', 'Documentation', {
        get steps(): readonly Step[] {
          return [documents(environment), { do: 'reconcile', object: gitops.source }];
        },
        deliverables: [
          {
            title: 'Create operations runbook',
            validations: [documentIsThere('handoff.runbook', DOCUMENTS.runbook, [loki.chart.version, storage.bucket.name])],
          },
          { title: 'Document common queries', validations: [documentIsThere('handoff.queries', DOCUMENTS.queries)] },
          { title: 'Write troubleshooting guide', validations: [documentIsThere('handoff.troubleshooting', DOCUMENTS.troubleshooting)] },
          { title: 'Update architecture diagrams', validations: [documentIsThere('handoff.architecture', DOCUMENTS.architecture)] },
          {
            title: 'Documentation reviewed and approved',
            validations: [{ gate: 'approval', id: 'handoff.documents-approved', of: 'Documentation reviewed and approved' }],
          },
        ],
      }),
      objective('6.2', 'Operational Readiness', {
        deliverables: [
          {
            title: 'Stability monitoring',
            aliases: ['7-day stability monitoring'],
            ...(prometheus === null ? { skipped: 'there is no Prometheus here: nobody has kept a history' } : {}),
            validations: prometheus === null ? [] : [stability(prometheus, environment)],
          },
          { title: 'Capacity planning review', validations: [bucketHasRoom(environment)] },
          {
            title: 'Cost analysis vs PVC storage',
            ...(airflow === null ? { skipped: 'there was no claim to compare with' } : {}),
            validations: airflow === null ? [] : [costIsCounted(airflow, environment)],
          },
          { title: 'Team training completed', validations: [{ gate: 'approval', id: 'handoff.training', of: 'Team training completed' }] },
        ],
      }),
    ],
  };
});

const BuildInfo = v.object({ version: v.string() });

/** Documents of this cluster: its names, versions and nodes as observed. */
function documents(environment: Environment): Derive {
  const reads = {
    nodes: readList({ group: '', version: 'v1', resource: 'nodes' }, Node),
    version: readApi('/version'),
    build: readJson(environment.loki.service, '/loki/api/v1/status/buildinfo', BuildInfo),
  };
  const derive: Derive<typeof reads> = {
    do: 'derive',
    title: 'Documents about this cluster',
    reads,
    permissions: [],
    changes: ({ nodes = [], version, build }) => [
      {
        do: 'commit',
        why: 'runbook, queries, troubleshooting and architecture of logging',
        files: operationDocuments(environment, {
          lokiVersion: build.value?.version ?? '',
          nodes: nodes.map(({ metadata }) => metadata.name),
          kubernetes: /"gitVersion":\s*"v?([^"]+)"/.exec(version.text)?.[1] ?? 'of unknown version',
        }),
      },
    ],
  };
  return derive;
}

/** Quiet over the whole period, by the history of Prometheus: a gap in it is unknown, not quiet. */
function stability(prometheus: Prometheus, environment: Environment): Soak {
  const { loki, gates } = environment;
  const job = `${loki.namespace}/${loki.name}`;
  const over = { period: gates.soak };
  return {
    gate: 'soak',
    id: 'handoff.stability',
    title: `Logging is stable for ${gates.soak}`,
    for: gates.soak,
    began: readHistoryBegin(prometheus, job, gates.soak),
    quiet: [
      historyIsWhole(prometheus, job, gates.soak),
      nothingIncreased(prometheus, {
        ...over,
        id: 'soak.no-restart',
        title: 'Nothing of Loki restarted',
        series: `kube_pod_container_status_restarts_total{namespace="${loki.namespace}",pod=~"${loki.name}-.*"}`,
        remedy: `kubectl get pods -n ${loki.namespace}; the period begins anew with the last restart`,
      }),
      nothingWasKilled(prometheus, { ...over, namespace: loki.namespace, pods: `${loki.name}-.*` }),
      writesAreAvailable(prometheus, environment, gates.soak),
      nothingIncreased(prometheus, {
        ...over,
        id: 'soak.canary-missing',
        title: 'The canary missed nothing',
        series: 'loki_canary_missing_entries_total',
        remedy: 'see the log of Loki at that time',
      }),
      canaryIsQuiet(loki),
      nothingFires(prometheus, loki.namespace, gates.soak),
      oldLinesAreGone(loki),
    ],
  };
}
