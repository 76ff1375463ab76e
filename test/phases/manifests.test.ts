import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { isProbe } from '#model/check.ts';
import type { Airflow, Environment } from '#model/environment.ts';
import type { Manifest } from '#model/kubernetes.ts';
import { archiveJob } from '#phases/5-migration/manifests.ts';
import { findProblem, hasSchema } from '../models.ts';
import { ENVIRONMENTS } from './environments.ts';
import { filesOf, judgedIn, objectivesOf } from './steps.ts';

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

it('the archive goes to a store outside of the cluster as Amazon wants it, and makes no bucket there', () => {
  const environment = ENVIRONMENTS['a store outside of the cluster'];
  const { spec } = archiveJob(environment.airflow as Airflow, environment, '100Gi') as unknown as Job;
  const values = Object.fromEntries(spec.template.spec.containers.flatMap(({ env }) => env.map(({ name, value }) => [name, value])));
  expect(values).toMatchObject({
    RCLONE_CONFIG_TARGET_PROVIDER: 'AWS',
    RCLONE_CONFIG_TARGET_ENDPOINT: 'https://s3.eu-central-1.amazonaws.com',
    RCLONE_CONFIG_TARGET_REGION: 'eu-central-1',
    RCLONE_CONFIG_TARGET_NO_CHECK_BUCKET: 'true',
  });
});

interface Job {
  readonly spec: {
    readonly template: { readonly spec: { readonly containers: readonly { readonly env: readonly { name: string; value: string }[] }[] } };
  };
}

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
  const { apiVersion, kind } = manifest;
  // A claim for a bucket has no published schema.
  if (kind !== 'ObjectBucketClaim') expect(hasSchema(manifest), `${where}: ${apiVersion} ${kind} has no model`).toBe(true);
  expect(findProblem(manifest), `${where}: ${kind} ${manifest.metadata.name}`).toBeUndefined();
}
