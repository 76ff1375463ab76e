import { posix } from 'node:path';
import { stringify } from 'yaml';
import type { Edit, Step } from '#model/change.ts';
import type { Check } from '#model/check.ts';
import type { Environment, GitOps } from '#model/environment.ts';
import type { ObjectRef } from '#model/kubernetes.ts';

/** Path in the repository to content. */
export type Files = Readonly<Record<string, string>>;

/** One of our directories beside the user's own: `ks.yaml` for Flux, `app/` for what it applies. */
export interface App {
  readonly name: string;
  readonly directory: string;
  readonly kustomization: ObjectRef;
}

export function appOf({ gitops }: Environment, name: string): App {
  return {
    name,
    directory: posix.join(gitops.directory, name),
    kustomization: { apiVersion: 'kustomize.toolkit.fluxcd.io/v1', kind: 'Kustomization', namespace: gitops.namespace, name },
  };
}

/** What this program writes in the user's repository. */
export function ownPaths(environment: Environment): readonly string[] {
  const { directory } = environment.gitops;
  const apps = ['loki-storage', 'loki', 'alloy', 'airflow-logs'].map((name) => appOf(environment, name).directory);
  return [...apps, posix.join(directory, 'kustomization.yaml'), 'docs/logging'];
}

/**
 * The Flux Kustomization of an app. It does not wait for health, which is ours to judge: while it did, the commit that mends a broken
 * release would not be applied before the time to wait for the broken one is over.
 * Its directory has no kustomization.yaml: Flux then takes every manifest in it, and no list of files can go stale.
 */
export function kustomizationFile(app: App, { gitops }: Environment, targetNamespace: string, dependsOn: readonly string[] = []): Files {
  const { source } = gitops;
  return {
    [`${app.directory}/ks.yaml`]: render({
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata: { name: app.name, namespace: gitops.namespace },
      spec: {
        interval: '1h',
        retryInterval: '1m',
        timeout: '2m',
        path: `./${app.directory}/app`,
        prune: true,
        targetNamespace,
        sourceRef: { kind: source.kind, name: source.name, namespace: source.namespace },
        ...(dependsOn.length === 0 ? {} : { dependsOn: dependsOn.map((name) => ({ name })) }),
      },
    }),
  };
}

/** Lists the apps in the user's own kustomization.yaml, with their comments and order kept. */
export function listApps({ gitops }: Environment, apps: readonly App[]): readonly Edit[] {
  return apps.map(({ name }) => ({
    file: posix.join(gitops.directory, 'kustomization.yaml'),
    at: ['resources'],
    add: `./${name}/ks.yaml`,
  }));
}

/** Commit, have Flux fetch it, and wait until it is applied: then what is judged afterwards is the new state and not the old one. */
export function deliver(gitops: GitOps, why: string, files: Files, applied: Check, edits: readonly Edit[] = []): readonly Step[] {
  return [
    { do: 'commit', files, why, ...(edits.length === 0 ? {} : { edits }) },
    { do: 'reconcile', object: gitops.source },
    { do: 'await', what: applied },
  ];
}

/** Manifests as one YAML file. Its readers are Go's, which take an unquoted 2024-04-01 for a time and `on` for a boolean. */
export function render(...manifests: readonly object[]): string {
  return manifests.map((manifest) => stringify(manifest, { lineWidth: 0, compat: 'yaml-1.1' })).join('---\n');
}

/** Helm's own rule for values files: maps are merged, everything else is replaced, null takes a key out (https://helm.sh/docs/chart_template_guide/values_files/). */
export function mergeValues(base: Readonly<Record<string, unknown>>, over: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const old = merged[key];
    merged[key] = isMap(old) && isMap(value) ? mergeValues(old, value) : value;
  }
  return merged;
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
