import { pipelineIsLimited, positionsAreKept } from '#checks/alloy.ts';
import { burstOver, MOST_LINES, namespaceIsLeftOut, rateIsLimited } from '#checks/alloy-limits.ts';
import { collectsExactlyOnce, filtersHealthProbes, labelsAreThePods, parsesJson } from '#checks/alloy-lines.ts';
import { everyPodIsHealthy, everyPodIsLoaded, nothingIsDropped, readsOwnNodeOnly } from '#checks/alloy-pods.ts';
import { otherCollectorsAreKnown } from '#checks/collectors.ts';
import { nobodyElseOwns } from '#checks/flux-sources.ts';
import { gatewayRoutes, lokiIsReady } from '#checks/loki.ts';
import { everyNodeHasLogs, everyPodHasLogs } from '#checks/loki-coverage.ts';
import { labelsAreBelowLimit } from '#checks/loki-intake.ts';
import { podsAreAdmitted } from '#checks/pods.ts';
import { targetIsUp } from '#checks/prometheus.ts';
import { releaseIsReady } from '#checks/releases.ts';
import { nothingRestarts } from '#checks/restarts.ts';
import { daemonSetCoversNodes } from '#checks/workloads.ts';
import type { Step } from '#model/change.ts';
import { definePhase, objective } from '#model/phase.ts';
import { isApplied } from '../applied.ts';
import { releaseRef } from '../release.ts';
import { appOf } from '../repository.ts';
import { alloyFiles } from './manifests.ts';

const MONITOR = 'serviceMonitor.additionalLabels in environment.alloy.values';

export default definePhase(3, 'Alloy Configuration', (environment) => {
  const { gitops, loki, alloy, prometheus } = environment;
  const { namespace, name, excludedNamespaces, rateLimit } = alloy;
  const release = releaseRef(namespace, name);
  const app = appOf(environment, 'alloy');
  const applied = isApplied(app, environment);
  return {
    preconditions: [lokiIsReady(loki), gatewayRoutes(loki), otherCollectorsAreKnown(alloy)],
    objectives: [
      objective('3.1', 'Alloy Deployment', {
        get steps(): readonly Step[] {
          return [
            { do: 'commit', files: alloyFiles(environment), why: `deploy Alloy in ${namespace}` },
            { do: 'reconcile', object: gitops.source },
          ];
        },
        deliverables: [
          {
            title: 'Deploy Alloy DaemonSet',
            validations: [
              podsAreAdmitted('alloy.pods-admitted', { apiVersion: 'apps/v1', kind: 'DaemonSet', namespace, name }, applied.id),
              nobodyElseOwns('flux.alloy-one-owner', app.kustomization, [release]),
              releaseIsReady('alloy.release-ready', release, alloy.chart.version, applied.id, gitops.source),
              daemonSetCoversNodes({ id: 'alloy.on-every-node', namespace, name, after: ['alloy.release-ready'] }),
              nothingRestarts({
                id: 'alloy.no-restarts',
                namespace,
                selector: `app.kubernetes.io/instance=${name}`,
                what: 'Alloy',
                setting: 'alloy.resources in environment.alloy.values',
                release,
                after: applied.id,
              }),
              positionsAreKept(alloy),
              ...(prometheus === null ? [] : [targetIsUp(prometheus, { id: 'alloy.scraped', namespace, name, setting: MONITOR })]),
              applied,
            ],
          },
          { title: 'Configure log discovery', validations: [readsOwnNodeOnly(alloy), collectsExactlyOnce(environment)] },
          { title: 'Set up log parsing pipelines', validations: [everyPodIsLoaded(alloy), everyPodIsHealthy(alloy)] },
          { title: 'Implement filtering rules', validations: [filtersHealthProbes(environment)] },
        ],
      }),
      objective('3.2', 'Collection Optimization', {
        deliverables: [
          {
            title: 'Configure namespace filtering',
            validations: [
              pipelineIsLimited(alloy),
              everyNodeHasLogs(environment),
              everyPodHasLogs(environment),
              // The same rule drops all of them, so one is enough.
              ...excludedNamespaces.slice(0, 1).map((excluded) => namespaceIsLeftOut(environment, excluded)),
            ],
          },
          { title: 'Set up JSON log parsing', validations: [parsesJson(environment)] },
          {
            title: 'Implement rate limiting',
            validations: [
              pipelineIsLimited(alloy),
              nothingIsDropped(alloy),
              // A higher limit would take more lines to exceed than a probe should write.
              ...(burstOver(rateLimit) <= MOST_LINES ? [rateIsLimited(environment)] : []),
            ],
          },
          { title: 'Add pod label extraction', validations: [labelsAreThePods(environment), labelsAreBelowLimit(loki)] },
        ],
      }),
    ],
  };
});
