import { componentsAreHealthy, configIsLoaded, nothingIsDropped, pipelineIsLimited } from '#checks/alloy.ts';
import { collectsExactlyOnce, parsesAndFilters } from '#checks/alloy-lines.ts';
import { nobodyElseOwns } from '#checks/flux-sources.ts';
import { gatewayRoutes, lokiIsReady } from '#checks/loki.ts';
import { everyNodeHasLogs, everyPodHasLogs } from '#checks/loki-coverage.ts';
import { podsAreAdmitted } from '#checks/pods.ts';
import { releaseIsReady } from '#checks/releases.ts';
import { nothingRestarts } from '#checks/restarts.ts';
import { daemonSetCoversNodes } from '#checks/workloads.ts';
import type { Step } from '#model/change.ts';
import { definePhase, objective } from '#model/phase.ts';
import { isApplied } from '../applied.ts';
import { releaseRef } from '../release.ts';
import { appOf } from '../repository.ts';
import { alloyFiles } from './manifests.ts';

export default definePhase(3, 'Alloy Configuration', (environment) => {
  const { gitops, loki, alloy } = environment;
  const { namespace, name } = alloy;
  const release = releaseRef(namespace, name);
  const app = appOf(environment, 'alloy');
  const applied = isApplied(app, environment);
  return {
    preconditions: [lokiIsReady(loki), gatewayRoutes(loki)],
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
              releaseIsReady('alloy.release-ready', release, alloy.chart.version, applied.id),
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
              applied,
            ],
          },
          { title: 'Configure log discovery', validations: [collectsExactlyOnce(environment)] },
          { title: 'Set up log parsing pipelines', validations: [configIsLoaded(alloy), componentsAreHealthy(alloy)] },
          { title: 'Implement filtering rules', validations: [parsesAndFilters(environment)] },
        ],
      }),
      objective('3.2', 'Collection Optimization', {
        deliverables: [
          {
            title: 'Configure namespace filtering',
            validations: [pipelineIsLimited(alloy), everyNodeHasLogs(environment), everyPodHasLogs(environment)],
          },
          { title: 'Set up JSON log parsing', validations: [parsesAndFilters(environment)] },
          { title: 'Implement rate limiting', validations: [pipelineIsLimited(alloy), nothingIsDropped(alloy)] },
          { title: 'Add pod label extraction', validations: [collectsExactlyOnce(environment)] },
        ],
      }),
    ],
  };
});
