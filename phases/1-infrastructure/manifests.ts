import type { IExternalSecret } from '@kubernetes-models/external-secrets/external-secrets.io/v1/ExternalSecret';
import type { ISecretStore } from '@kubernetes-models/external-secrets/external-secrets.io/v1/SecretStore';
import type { IHelmChart } from '@kubernetes-models/flux-cd/source.toolkit.fluxcd.io/v1/HelmChart';
import type { IHelmRepository } from '@kubernetes-models/flux-cd/source.toolkit.fluxcd.io/v1/HelmRepository';
import type { Chart, Environment } from '#model/environment.ts';
import type { ObjectRef } from '#model/kubernetes.ts';
import { appOf, type Files, kustomizationFile, render } from '../repository.ts';

/** The claim's name, and that of the Secret and ConfigMap that Rook makes for it. */
const CLAIM = 'loki-bucket';

/** Chart to the name of its HelmRepository. */
const REPOSITORIES = { loki: 'grafana-community', alloy: 'grafana' } as const;

export function storageFiles(environment: Environment): Files {
  const app = appOf(environment, 'loki-storage');
  const { storage, loki } = environment;
  const manifests = [
    ...(storage.bucketFrom === 'object-bucket-claim'
      ? [bucketClaim(loki.namespace, CLAIM, storage.bucket.name, storage.storageClass)]
      : []),
    ...(storage.secretFrom === 'external-secret' ? externalSecret(environment) : []),
  ];
  if (manifests.length === 0) return {};
  return { ...kustomizationFile(app, environment, loki.namespace), [`${app.directory}/app/bucket.yaml`]: render(...manifests) };
}

export function chartFiles(environment: Environment): Files {
  const { loki, alloy } = environment;
  const needsStorage = Object.keys(storageFiles(environment)).length > 0;
  const apps = { loki: appOf(environment, 'loki'), alloy: appOf(environment, 'alloy') };
  return {
    ...kustomizationFile(apps.loki, environment, loki.namespace, needsStorage ? ['loki-storage'] : []),
    [`${apps.loki.directory}/app/chart.yaml`]: chartSource(REPOSITORIES.loki, loki.namespace, loki.chart),
    ...kustomizationFile(apps.alloy, environment, alloy.namespace, ['loki']),
    [`${apps.alloy.directory}/app/chart.yaml`]: chartSource(REPOSITORIES.alloy, alloy.namespace, alloy.chart),
  };
}

export function chartRef(namespace: string, name: string): ObjectRef {
  return { apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'HelmChart', namespace, name };
}

/** Of the chart source that phase 1 makes for a chart. */
export function repositoryRef(namespace: string, chart: keyof typeof REPOSITORIES): ObjectRef {
  return { apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'HelmRepository', namespace, name: REPOSITORIES[chart] };
}

export function claimName(): string {
  return CLAIM;
}

export function claimRef(namespace: string): ObjectRef {
  return { apiVersion: 'objectbucket.io/v1alpha1', kind: 'ObjectBucketClaim', namespace, name: CLAIM };
}

export function externalSecretRef({ storage, loki }: Environment): ObjectRef {
  const { name } = storage.bucket.credentials;
  return { apiVersion: 'external-secrets.io/v1', kind: 'ExternalSecret', namespace: loki.namespace, name };
}

/** Names no secret value: where it lies, not what it is. */
export function storageDocument({ storage }: Environment): string {
  const { bucket } = storage;
  return `# Object storage for logs

| | |
|---|---|
| Endpoint | \`${storage.endpoint}\` (${bucket.pathStyle ? 'path style' : "the bucket's name in the host"}) |
| Region | \`${bucket.region}\` |
| Bucket | \`${bucket.name}\` |
| Credentials | Secret \`${bucket.credentials.namespace}/${bucket.credentials.name}\`, keys \`${bucket.credentials.user}\` and \`${bucket.credentials.password}\` |
| Where the Secret comes from | ${storage.secretFrom} |
`;
}

/** A fixed name: an OBC with generateBucketName never equals the bucket that Loki is told. */
export function bucketClaim(namespace: string, name: string, bucketName: string, storageClassName: string): object {
  return {
    apiVersion: 'objectbucket.io/v1alpha1',
    kind: 'ObjectBucketClaim',
    metadata: { name, namespace },
    spec: { bucketName, storageClassName },
  };
}

/** The five keys out of Rook's Secret for the claim, in the same namespace: no value is written by us. */
function externalSecret({ storage, loki }: Environment): readonly object[] {
  const metadata = { name: CLAIM, namespace: loki.namespace };
  const { name, user, password } = storage.bucket.credentials;
  const store = {
    apiVersion: 'external-secrets.io/v1',
    kind: 'SecretStore',
    metadata,
    spec: {
      provider: {
        kubernetes: {
          remoteNamespace: loki.namespace,
          server: { caProvider: { type: 'ConfigMap', name: 'kube-root-ca.crt', key: 'ca.crt' } },
          auth: { serviceAccount: { name: CLAIM } },
        },
      },
    },
  } satisfies ISecretStore;
  const secret = {
    apiVersion: 'external-secrets.io/v1',
    kind: 'ExternalSecret',
    metadata: { name, namespace: loki.namespace },
    spec: {
      refreshInterval: '1h',
      secretStoreRef: { kind: 'SecretStore', name: CLAIM },
      target: {
        name,
        template: {
          data: {
            endpoint: storage.endpoint,
            bucket: storage.bucket.name,
            region: storage.bucket.region,
            [user]: `{{ .${user} }}`,
            [password]: `{{ .${password} }}`,
          },
        },
      },
      data: [
        { secretKey: user, remoteRef: { key: CLAIM, property: 'AWS_ACCESS_KEY_ID' } },
        { secretKey: password, remoteRef: { key: CLAIM, property: 'AWS_SECRET_ACCESS_KEY' } },
      ],
    },
  } satisfies IExternalSecret;
  return [{ apiVersion: 'v1', kind: 'ServiceAccount', metadata }, ...readerRole(metadata), store, secret];
}

/** External Secrets' Kubernetes provider reads one Secret, and asks what it may do. */
function readerRole(metadata: { name: string; namespace: string }): readonly object[] {
  return [
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata,
      rules: [
        { apiGroups: [''], resources: ['secrets'], resourceNames: [CLAIM], verbs: ['get'] },
        { apiGroups: ['authorization.k8s.io'], resources: ['selfsubjectrulesreviews'], verbs: ['create'] },
      ],
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: CLAIM },
      subjects: [{ kind: 'ServiceAccount', name: CLAIM, namespace: metadata.namespace }],
    },
  ];
}

/** A HelmChart of its own, so that a version that can't be had is found before anything is installed. */
function chartSource(repository: string, namespace: string, chart: Chart): string {
  const source = {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'HelmRepository',
    metadata: { name: repository, namespace },
    spec: { interval: '12h', url: chart.repository },
  } satisfies IHelmRepository;
  const helmChart = {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'HelmChart',
    metadata: { name: chart.name, namespace },
    spec: { interval: '12h', chart: chart.name, version: chart.version, sourceRef: { kind: 'HelmRepository', name: repository } },
  } satisfies IHelmChart;
  return render(source, helmChart);
}
