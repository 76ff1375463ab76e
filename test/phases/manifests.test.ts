import { ExternalSecret } from '@kubernetes-models/external-secrets/external-secrets.io/v1/ExternalSecret';
import { SecretStore } from '@kubernetes-models/external-secrets/external-secrets.io/v1/SecretStore';
import { HelmRelease } from '@kubernetes-models/flux-cd/helm.toolkit.fluxcd.io/v2/HelmRelease';
import { Kustomization } from '@kubernetes-models/flux-cd/kustomize.toolkit.fluxcd.io/v1/Kustomization';
import { HelmChart } from '@kubernetes-models/flux-cd/source.toolkit.fluxcd.io/v1/HelmChart';
import { HelmRepository } from '@kubernetes-models/flux-cd/source.toolkit.fluxcd.io/v1/HelmRepository';
import { Job } from 'kubernetes-models/batch/v1/Job';
import { Role } from 'kubernetes-models/rbac.authorization.k8s.io/v1/Role';
import { RoleBinding } from 'kubernetes-models/rbac.authorization.k8s.io/v1/RoleBinding';
import { ConfigMap } from 'kubernetes-models/v1/ConfigMap';
import { Pod } from 'kubernetes-models/v1/Pod';
import { ServiceAccount } from 'kubernetes-models/v1/ServiceAccount';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { isProbe } from '#model/check.ts';
import type { Airflow, Environment } from '#model/environment.ts';
import type { Manifest } from '#model/kubernetes.ts';
import { archiveJob } from '#phases/5-migration/manifests.ts';
import { ENVIRONMENTS } from './environments.ts';
import { filesOf, judgedIn, objectivesOf } from './steps.ts';

interface Model {
  validate(): void;
}
/** Of the API versions that the clusters serve; a claim for a bucket has no published schema. */
const MODELS: Readonly<Record<string, (new (manifest: never) => Model) | null>> = {
  'batch/v1/Job': Job,
  'external-secrets.io/v1/ExternalSecret': ExternalSecret,
  'external-secrets.io/v1/SecretStore': SecretStore,
  'helm.toolkit.fluxcd.io/v2/HelmRelease': HelmRelease,
  'kustomize.toolkit.fluxcd.io/v1/Kustomization': Kustomization,
  'objectbucket.io/v1alpha1/ObjectBucketClaim': null,
  'rbac.authorization.k8s.io/v1/Role': Role,
  'rbac.authorization.k8s.io/v1/RoleBinding': RoleBinding,
  'source.toolkit.fluxcd.io/v1/HelmChart': HelmChart,
  'source.toolkit.fluxcd.io/v1/HelmRepository': HelmRepository,
  'v1/ConfigMap': ConfigMap,
  'v1/Pod': Pod,
  'v1/ServiceAccount': ServiceAccount,
};

describe.each(Object.entries(ENVIRONMENTS))('%s', (_, environment) => {
  const files = [...filesOf(environment)].filter(([path]) => path.endsWith('.yaml'));
  const committed = files.flatMap(([path, text]) => manifestsIn(text).map((manifest) => ({ path, manifest })));
  const nameOf = ({ kind, metadata }: Manifest) => `${kind} ${metadata.namespace}/${metadata.name}`;
  const names = committed.map(({ manifest }) => nameOf(manifest));

  it('commits manifests that their APIs accept', () => {
    for (const { path, manifest } of committed) expectValid(manifest, path);
    for (const manifest of applied(environment)) expectValid(manifest, 'applied');
  });

  it('has one owner for each object, and a namespace on each', () => {
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => name.includes('undefined'))).toEqual([]);
  });

  it('has for each Kustomization a directory, a place in a list, and what it depends on', () => {
    const edited = objectivesOf(environment).flatMap(({ steps = [] }) =>
      steps.flatMap((step) => (step.do === 'commit' ? (step.edits ?? []) : [])),
    );
    const listed = edited.flatMap(({ add }) => add ?? []);
    for (const { path, manifest } of committed.filter(({ manifest: { kind } }) => kind === 'Kustomization')) {
      const { path: directory, dependsOn = [] } = manifest.spec as { path: string; dependsOn?: { name: string }[] };
      expect(files.filter(([file]) => `./${file}`.startsWith(`${directory}/`))).not.toEqual([]);
      expect(listed).toContain(`./${path.split('/').slice(-2).join('/')}`);
      for (const { name } of dependsOn) expect(names).toContain(`Kustomization ${environment.gitops.namespace}/${name}`);
    }
  });

  it('has for each HelmRelease its HelmChart, and for that its HelmRepository', () => {
    const of = (kind: string) => committed.map(({ manifest }) => manifest).filter((manifest) => manifest.kind === kind);
    expect(of('HelmRelease').map(({ metadata }) => metadata.name)).toEqual(['loki', 'alloy']);
    for (const { metadata, spec } of of('HelmRelease')) {
      expect(names).toContain(`HelmChart ${metadata.namespace}/${(spec as { chartRef: Manifest['metadata'] }).chartRef.name}`);
    }
    for (const { metadata, spec } of of('HelmChart')) {
      expect(names).toContain(`HelmRepository ${metadata.namespace}/${(spec as { sourceRef: Manifest['metadata'] }).sourceRef.name}`);
    }
  });

  it('holds no secret', () => {
    expect(committed.filter(({ manifest }) => manifest.kind === 'Secret')).toEqual([]);
  });

  it('keeps JSON and YAML in ConfigMaps readable', () => {
    for (const { manifest } of committed.filter(({ manifest: { kind } }) => kind === 'ConfigMap')) {
      for (const [file, text] of Object.entries(manifest.data as Record<string, string>)) {
        if (file.endsWith('.json')) expect(JSON.parse(text)).toHaveProperty('title');
        if (file.endsWith('.yaml')) expect(parse(text)).toBeTypeOf('object');
      }
    }
  });
});

it('without Grafana only the queries are committed for it', () => {
  const only = [...filesOf(ENVIRONMENTS.homelab).keys()].filter((path) => !filesOf(ENVIRONMENTS['no Grafana']).has(path));
  expect(only).toEqual(['kubernetes/apps/monitoring/loki/app/datasource.yaml', 'kubernetes/apps/monitoring/loki/app/dashboards.yaml']);
});

it('where bucket and Secret exist no storage is claimed', () => {
  const claimed = [...filesOf(ENVIRONMENTS['existing bucket and Secret'])].filter(([, text]) =>
    /ObjectBucketClaim|ExternalSecret|loki-storage/.test(text),
  );
  expect(claimed).toEqual([]);
});

function manifestsIn(text: string): readonly Manifest[] {
  return parseAllDocuments(text).map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS() as Manifest;
  });
}

/** What does not go through Git: the pods of probes and the job that archives. */
function applied(environment: Environment): readonly Manifest[] {
  const probes = objectivesOf(environment).flatMap(judgedIn).filter(isProbe);
  const pods = probes.flatMap((probe) => probe.with('mark').before).flatMap((change) => (change.do === 'apply' ? [change.object] : []));
  return environment.airflow === null ? pods : [...pods, archiveJob(environment.airflow as Airflow, environment, '100Gi')];
}

function expectValid(manifest: Manifest, where: string): void {
  const Kind = MODELS[`${manifest.apiVersion}/${manifest.kind}`];
  expect(Kind, `${where}: ${manifest.apiVersion} ${manifest.kind} has no model`).toBeDefined();
  if (Kind) expect(() => new Kind(manifest as never).validate(), `${where}: ${manifest.kind} ${manifest.metadata.name}`).not.toThrow();
}
