import { claimIsBound, claimNamesBucket, externalSecretIsSynced } from '#checks/bucket-claim.ts';
import { storeIsNotStuck, storeIsReady } from '#checks/ceph.ts';
import { documentIsThere } from '#checks/documents.ts';
import { chartIsServed, remoteIsUsable } from '#checks/flux.ts';
import { chartSourceIsReady, nobodyElseOwns } from '#checks/flux-sources.ts';
import { bucketIsReachable, bucketTakesObjects, secretIsComplete, wrongSecretIsRefused } from '#checks/s3.ts';
import { definePhase, objective } from '#model/phase.ts';
import { isApplied } from '../applied.ts';
import { presentFor } from '../present.ts';
import { appOf, deliver, listApps } from '../repository.ts';
import { chartFiles, chartRef, claimName, claimRef, repositoryRef, storageDocument, storageFiles } from './manifests.ts';

const DOCUMENT = 'docs/logging/object-storage.md';

export default definePhase(1, 'Infrastructure Preparation', (environment) => {
  const { gitops, storage, loki, alloy } = environment;
  const [storageApp, lokiApp, alloyApp] = [appOf(environment, 'loki-storage'), appOf(environment, 'loki'), appOf(environment, 'alloy')];
  const { bucket } = storage;
  const isClaimed = storage.bucketFrom === 'object-bucket-claim';
  return {
    preconditions: [
      remoteIsUsable,
      ...(storage.rook === null ? [] : [storeIsNotStuck(storage.rook), storeIsReady(storage.rook)]),
      ...presentFor(environment),
    ],
    objectives: [
      objective('1.1', 'S3 Storage Setup', {
        // Rook deletes a claimed bucket with its claim, unless its StorageClass says otherwise.
        rollback: { loses: isClaimed ? [`bucket ${bucket.name}`] : [] },
        get steps() {
          const manifests = storageFiles(environment);
          const isEmpty = Object.keys(manifests).length === 0;
          return deliver(
            gitops,
            `claim bucket ${bucket.name} for Loki`,
            { ...manifests, [DOCUMENT]: storageDocument(environment) },
            isEmpty ? remoteIsUsable : isApplied(storageApp, environment),
            isEmpty ? [] : listApps(environment, [storageApp]),
          );
        },
        deliverables: [
          {
            title: 'Bucket for Loki',
            aliases: ['Create ObjectBucketClaim for Loki'],
            validations: [
              ...(isClaimed
                ? [
                    claimIsBound('s3.claim-bound', loki.namespace, claimName(), storage),
                    claimNamesBucket(loki.namespace, claimName(), bucket),
                    nobodyElseOwns('flux.storage-one-owner', storageApp.kustomization, [claimRef(loki.namespace)]),
                  ]
                : []),
              bucketIsReachable(bucket, 's3.bucket-reachable', ['s3.secret-complete', ...(isClaimed ? ['s3.claim-names-bucket'] : [])]),
            ],
          },
          {
            title: 'S3 credentials for Loki',
            aliases: ['Configure S3 credentials via External Secrets'],
            validations: [
              ...(storage.secretFrom === 'external-secret' ? [externalSecretIsSynced(loki.namespace, bucket.credentials.name)] : []),
              secretIsComplete(storage),
            ],
          },
          { title: 'Validate S3 bucket operations', validations: [wrongSecretIsRefused(bucket), bucketTakesObjects(bucket)] },
          {
            title: 'Document S3 endpoint and credentials',
            validations: [documentIsThere('s3.document', DOCUMENT, [storage.endpoint, bucket.name])],
          },
        ],
      }),
      objective('1.2', 'Repository Configuration', {
        get steps() {
          const apps = listApps(environment, [lokiApp, alloyApp]);
          return deliver(gitops, 'chart sources for Loki and Alloy', chartFiles(environment), isApplied(alloyApp, environment), apps);
        },
        deliverables: [
          { title: 'Add chart repositories', aliases: ['Add Grafana Helm repository'], validations: [isApplied(lokiApp, environment)] },
          { title: 'Update flux kustomization', validations: [isApplied(alloyApp, environment)] },
          {
            title: 'Verify chart availability',
            validations: [
              chartSourceIsReady('flux.loki-charts-fetched', repositoryRef(loki.namespace, 'loki'), loki.chart),
              chartSourceIsReady('flux.alloy-charts-fetched', repositoryRef(alloy.namespace, 'alloy'), alloy.chart),
              chartIsServed('flux.loki-chart-served', chartRef(loki.namespace, loki.chart.name), loki.chart),
              chartIsServed('flux.alloy-chart-served', chartRef(alloy.namespace, alloy.chart.name), alloy.chart),
            ],
          },
        ],
      }),
    ],
  };
});
