import { cephIsHealthy, storeIsReady } from '#checks/ceph.ts';
import {
  capacitySuffices,
  clockAgrees,
  hostPathIsAdmitted,
  nodesAreReady,
  storageClassExists,
  versionIsSupported,
} from '#checks/cluster.ts';
import { fluxIsAvailable, remoteIsUsable } from '#checks/flux.ts';
import { grafanaIsHealthy } from '#checks/grafana.ts';
import { prometheusIsReady } from '#checks/prometheus.ts';
import { parseQuantity } from '#checks/quantity.ts';
import { agentFits, modeFits, storeFits } from '#checks/strategy.ts';
import type { Environment } from '#model/environment.ts';
import { definePhase, objective } from '#model/phase.ts';

/** Reads only: nothing is changed before it is known that the cluster can carry the rollout. */
export default definePhase(0, 'Readiness Assessment', (environment) => {
  const { gitops, storage, loki, alloy, prometheus, grafana } = environment;
  return {
    preconditions: [],
    objectives: [
      objective('0.1', 'Infrastructure Validation', {
        deliverables: [
          {
            title: 'Cluster and its nodes confirmed',
            validations: [nodesAreReady, versionIsSupported, clockAgrees, hostPathIsAdmitted(alloy.namespace)],
          },
          { title: 'GitOps confirmed', validations: [fluxIsAvailable(gitops.namespace), remoteIsUsable] },
          {
            title: 'Object storage availability confirmed',
            aliases: ['Ceph S3 storage availability confirmed'],
            ...(storage.rook === null ? { skipped: 'there is no Rook: the S3 endpoint is judged in phase 1' } : {}),
            validations: storage.rook === null ? [] : [cephIsHealthy(storage.rook), storeIsReady(storage.rook)],
          },
          {
            title: 'Resource capacity validated',
            validations: [capacitySuffices(demandOf(environment)), storageClassExists(loki.persistence.storageClass)],
          },
          {
            title: 'Prometheus confirmed',
            ...(prometheus === null ? { skipped: 'there is no Prometheus here' } : {}),
            validations: prometheus === null ? [] : [prometheusIsReady(prometheus)],
          },
          {
            title: 'Grafana confirmed',
            aliases: ['Grafana v11.4.0 already deployed', 'Grafana already deployed'],
            ...(grafana === null ? { skipped: 'there is no Grafana here' } : {}),
            validations: grafana === null ? [] : [grafanaIsHealthy(grafana)],
          },
        ],
      }),
      objective('0.2', 'Strategy Selection', {
        deliverables: [
          {
            title: 'Deployment mode selected',
            aliases: ['Simple Scalable mode selected for production readiness'],
            validations: [modeFits(environment)],
          },
          {
            title: 'S3 backend chosen over filesystem',
            aliases: ['Ceph S3 backend chosen over filesystem'],
            validations: [storeFits(environment)],
          },
          {
            title: 'Alloy selected over Promtail',
            aliases: ['Alloy selected over deprecated Promtail'],
            validations: [agentFits(environment)],
          },
        ],
      }),
    ],
  };
});

/** Loki's own request, the caches at 1.2 times their size (as the chart asks), and 1Gi for gateway, canaries and Alloy. */
function demandOf({ loki, alloy }: Environment) {
  const caches = (loki.caches.chunks + loki.caches.results) * 1.2;
  const own = parseQuantity(loki.memory.request) / 2 ** 20;
  return { namespace: loki.namespace, releases: [loki.name, alloy.name], memory: `${Math.ceil(own + caches + 1024)}Mi`, cpu: '1' };
}
