import { type Check, check } from '#model/check.ts';
import { type Scope, scopeOf } from '#model/kubernetes.ts';
import { failed, met } from '#model/verdict.ts';
import { AnyObject, Deployment } from './objects.ts';
import { readList } from './reads.ts';

/** With Flux 2.3 came the last of these. */
const UPGRADE = 'upgrade Flux to 2.3 or newer (flux install --export prints its manifests): https://fluxcd.io/flux/installation/upgrade/';

/** What is served decides; the controllers' versions, by the tags of their images, are told beside it. */
export const fluxServesApis = (fluxNamespace: string, namespace: string): Check => {
  const scopes = {
    kustomizations: scopeOf({ apiVersion: 'kustomize.toolkit.fluxcd.io/v1', kind: 'Kustomization', namespace: fluxNamespace }),
    repositories: scopeOf({ apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'HelmRepository', namespace }),
    charts: scopeOf({ apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'HelmChart', namespace }),
    releases: scopeOf({ apiVersion: 'helm.toolkit.fluxcd.io/v2', kind: 'HelmRelease', namespace }),
  };
  return check({
    id: 'flux.serves-apis',
    title: 'Flux has the APIs that the manifests need',
    holds: 'always',
    reads: {
      controllers: readList(
        { group: 'apps', version: 'v1', resource: 'deployments', namespace: fluxNamespace },
        Deployment,
        'app.kubernetes.io/part-of=flux',
      ),
      kustomizations: readList(scopes.kustomizations, AnyObject),
      repositories: readList(scopes.repositories, AnyObject),
      charts: readList(scopes.charts, AnyObject),
      releases: readList(scopes.releases, AnyObject),
    },
    judge: ({ controllers = [], ...lists }) => {
      const found = controllers.map(
        ({ metadata, spec }) => `${metadata.name} ${tagOf(spec.template.spec.containers[0]?.image ?? '') ?? 'of no known version'}`,
      );
      const saw = found.join(', ') || 'no controller tells its version';
      const missing = Object.entries(scopes).filter(([name]) => lists[name as keyof typeof scopes] === undefined);
      if (missing.length === 0) return met(saw);
      return failed(
        saw,
        missing.map(([, scope]) => `the API server does not serve ${kindOf(scope)}`),
        UPGRADE,
      );
    },
  });
};

/** The API server serves the kind: its operator's definitions are there, in the version that is used. */
export const kindIsServed = (id: string, who: string, scope: Scope, remedy: string): Check =>
  check({
    id,
    title: `${who} is installed`,
    holds: 'always',
    reads: { found: readList(scope, AnyObject) },
    judge: ({ found }) =>
      found === undefined
        ? failed(
            `the API server does not serve ${kindOf(scope)}`,
            [`${who} is not installed, or is too old or too new for ${scope.version}`],
            remedy,
          )
        : met(`${kindOf(scope)} is served, ${found.length} in ${scope.namespace}`),
  });

function kindOf({ resource, group, version }: Scope): string {
  return `${resource}.${group}/${version}`;
}

/** "v1.7.0" of "registry.lan:5000/fluxcd/source-controller:v1.7.0@sha256:…" */
function tagOf(image: string): string | undefined {
  return /:([^:/]+)$/.exec(image.split('@')[0] ?? '')?.[1];
}
