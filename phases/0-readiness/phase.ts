import { capacitySuffices, quotaSuffices } from '#checks/capacity.ts';
import { cephHasRoom, cephIsHealthy, storeIsNotStuck, storeIsReady } from '#checks/ceph.ts';
import { clockAgrees, nodesAreReady, storageClassExists, versionIsSupported } from '#checks/cluster.ts';
import { fluxIsAvailable, remoteIsUsable } from '#checks/flux.ts';
import { sourceIsFollowed } from '#checks/flux-sources.ts';
import { checkoutIsClean } from '#checks/git.ts';
import { grafanaIsHealthy } from '#checks/grafana.ts';
import { fluxServesApis } from '#checks/installed.ts';
import { hostPathIsAdmitted, namespacesExist } from '#checks/namespaces.ts';
import { prometheusIsReady } from '#checks/prometheus.ts';
import { parseQuantity } from '#checks/quantity.ts';
import { endpointSpeaksS3, serviceIsBacked } from '#checks/services.ts';
import { agentFits, modeFits, storeFits, versionFits } from '#checks/strategy.ts';
import type { Environment } from '#model/environment.ts';
import { definePhase, objective } from '#model/phase.ts';
import { lokiValues } from '../2-loki/values.ts';
import { alloyValues } from '../3-alloy/manifests.ts';
import { ownPaths } from '../repository.ts';
import { operatorsAreInstalled } from './operators.ts';

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
            validations: [
              nodesAreReady,
              versionIsSupported,
              clockAgrees,
              namespacesExist([...new Set([loki.namespace, alloy.namespace])]),
              hostPathIsAdmitted(alloy.namespace),
            ],
          },
          {
            title: 'GitOps confirmed',
            validations: [
              fluxIsAvailable(gitops.namespace),
              fluxServesApis(gitops.namespace, loki.namespace),
              remoteIsUsable,
              sourceIsFollowed(gitops),
              checkoutIsClean(ownPaths(environment)),
            ],
          },
          {
            title: 'Object storage availability confirmed',
            aliases: ['Ceph S3 storage availability confirmed'],
            validations: [
              ...(storage.rook === null
                ? []
                : [cephIsHealthy(storage.rook), cephHasRoom(storage.rook), storeIsNotStuck(storage.rook), storeIsReady(storage.rook)]),
              ...operatorsAreInstalled(environment),
              endpointSpeaksS3(storage.bucket, storage.rook === null ? [] : ['ceph.store-ready']),
            ],
          },
          {
            title: 'Resource capacity validated',
            validations: [
              capacitySuffices(demandOf(environment)),
              quotaSuffices(demandOf(environment)),
              storageClassExists(loki.persistence.storageClass),
            ],
          },
          {
            title: 'Prometheus confirmed',
            ...(prometheus === null ? { skipped: 'there is no Prometheus here' } : {}),
            validations:
              prometheus === null
                ? []
                : [prometheusIsReady(prometheus), serviceIsBacked('prometheus.backed', prometheus.service, 'environment.prometheus')],
          },
          {
            title: 'Grafana confirmed',
            aliases: ['Grafana v11.4.0 already deployed', 'Grafana already deployed'],
            ...(grafana === null ? { skipped: 'there is no Grafana here' } : {}),
            validations:
              grafana === null
                ? []
                : [serviceIsBacked('grafana.backed', grafana.service, 'environment.grafana'), grafanaIsHealthy(grafana)],
          },
        ],
      }),
      objective('0.2', 'Strategy Selection', {
        deliverables: [
          {
            title: 'Deployment mode selected',
            aliases: ['Simple Scalable mode selected for production readiness'],
            validations: [modeFits(environment, lokiValues(environment)), versionFits(lokiValues(environment))],
          },
          {
            title: 'S3 backend chosen over filesystem',
            aliases: ['Ceph S3 backend chosen over filesystem'],
            validations: [storeFits(environment, lokiValues(environment))],
          },
          {
            title: 'Alloy selected over Promtail',
            aliases: ['Alloy selected over deprecated Promtail'],
            validations: [agentFits(environment, alloyValues(environment))],
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
  const memory = `${Math.ceil(own + caches + 1024)}Mi`;
  return { namespace: loki.namespace, releases: [loki.name, alloy.name], memory, cpu: '1', largest: loki.memory.request };
}
