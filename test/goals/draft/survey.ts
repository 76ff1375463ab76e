import type { Survey, SurveyedCluster } from '#model/survey.ts';

type List<Kind extends keyof SurveyedCluster> = NonNullable<SurveyedCluster[Kind]>[number];

/** A cluster of three nodes with Flux, and nothing else of interest. */
export const BARE: SurveyedCluster = {
  nodes: ['a', 'b', 'c'].map((name) => ({ name, memory: 16 * 2 ** 30 })),
  namespaces: ['default', 'flux-system', 'monitoring'].map((name) => named(name)),
  storageClasses: [storageClass('local-path', { provisioner: 'rancher.io/local-path', isDefault: true })],
  services: [],
  workloads: [{ ...named('flux-system/kustomize-controller'), podLabels: {}, secretVariables: [] }],
  claims: [],
  gitRepositories: [gitRepository('flux-system/flux-system')],
  kustomizations: [kustomization('flux-system/apps', 'apps')],
  helmReleases: [],
  cephClusters: undefined,
  objectStores: undefined,
  secretStores: undefined,
  prometheuses: undefined,
};

export function survey(cluster: Partial<SurveyedCluster> = {}, rest: Partial<Survey> = {}): Survey {
  return {
    remotes: [{ name: 'origin', url: 'git@example.org:home/lab.git' }],
    files: { 'apps/kustomization.yaml': lists('./web/ks.yaml'), 'apps/web/ks.yaml': fluxKustomization('web') },
    cluster: { ...BARE, ...cluster },
    grafanaKeys: undefined,
    ...rest,
  };
}

/** @param path NAMESPACE/NAME, or NAME alone */
export function named(path: string, labels: Readonly<Record<string, string>> = {}) {
  const [first = '', second] = path.split('/');
  return { namespace: second === undefined ? '' : first, name: second ?? first, labels };
}

export function gitRepository(path: string, rest: Partial<List<'gitRepositories'>> = {}): List<'gitRepositories'> {
  return { ...named(path), url: 'ssh://git@example.org/home/lab', branch: 'main', ...rest };
}

export function kustomization(path: string, directory: string, source = 'flux-system'): List<'kustomizations'> {
  return {
    ...named(path),
    path: directory,
    source: { kind: 'GitRepository', namespace: 'flux-system', name: source },
    targetNamespace: undefined,
  };
}

export function storageClass(name: string, rest: Partial<List<'storageClasses'>> = {}): List<'storageClasses'> {
  return { ...named(name), provisioner: 'example.org/disks', parameters: {}, isDefault: false, created: '2026-01-01T00:00:00Z', ...rest };
}

export function objectStore(path: string, rest: Partial<List<'objectStores'>> = {}): List<'objectStores'> {
  return { ...named(path), isReady: true, endpoint: undefined, port: 80, ...rest };
}

export function service(path: string, port: number, rest: Partial<List<'services'>> = {}): List<'services'> {
  return { ...named(path), selector: {}, ports: [{ name: 'http', port }], ...rest };
}

export function prometheus(path: string, rest: Partial<List<'prometheuses'>> = {}): List<'prometheuses'> {
  return { ...named(path), takesRemoteWrites: true, selects: { release: 'stack' }, ...rest };
}

export function airflow(path: string, rest: Partial<List<'helmReleases'>> = {}): List<'helmReleases'> {
  const { namespace, name } = named(path);
  return { ...named(path), chart: 'airflow', version: '1.18.0', targetNamespace: namespace, release: name, logClaim: undefined, ...rest };
}

/** A kustomization.yaml. */
export function lists(...resources: readonly string[]): string {
  return `apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n${resources.map((each) => `  - ${each}\n`).join('')}`;
}

export function fluxKustomization(name: string): string {
  return `apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata:\n  name: ${name}\n  namespace: flux-system\n`;
}

export function helmRelease(path: string): string {
  const { namespace, name } = named(path);
  return `apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata:\n  name: ${name}\n  namespace: ${namespace}\n`;
}
