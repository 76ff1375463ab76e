import type { Manifest } from '#model/kubernetes.ts';
import { KINDS } from '../api/kinds.ts';
import { object } from '../build.ts';
import type { Tree } from '../tree.ts';

/** What a kind is called, and what kubectl shows of it. */
interface Shown {
  readonly shortNames: readonly string[];
  readonly categories?: readonly string[];
  readonly columns?: readonly Tree[];
}

const AGE = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };
const READY = [shown('Ready', readiness('status')), shown('Status', readiness('message'))];
const SOURCES = ['all', 'fluxcd', 'fluxcd-sources'];

/** As Flux, External Secrets and the Prometheus Operator define them; others show their age. */
const SHOWN: Readonly<Record<string, Shown>> = {
  gitrepositories: { shortNames: ['gitrepo'], categories: SOURCES, columns: [shown('URL', '.spec.url'), AGE, ...READY] },
  helmrepositories: { shortNames: ['helmrepo'], categories: SOURCES, columns: [shown('URL', '.spec.url'), AGE, ...READY] },
  helmcharts: {
    shortNames: ['hc'],
    categories: SOURCES,
    columns: [
      shown('Chart', '.spec.chart'),
      shown('Version', '.spec.version'),
      shown('Source Kind', '.spec.sourceRef.kind'),
      shown('Source Name', '.spec.sourceRef.name'),
      AGE,
      ...READY,
    ],
  },
  kustomizations: { shortNames: ['ks'], columns: [AGE, ...READY] },
  helmreleases: { shortNames: ['hr'], columns: [AGE, ...READY] },
  externalsecrets: {
    shortNames: ['es'],
    categories: ['external-secrets'],
    columns: [
      shown('StoreType', '.spec.secretStoreRef.kind'),
      shown('Store', '.spec.secretStoreRef.name'),
      shown('Refresh Interval', '.spec.refreshInterval'),
      shown('Status', readiness('reason')),
      shown('Ready', readiness('status')),
    ],
  },
  prometheusrules: { shortNames: ['promrule'], categories: ['prometheus-operator'] },
  servicemonitors: { shortNames: ['smon'], categories: ['prometheus-operator'] },
};

/** Of every kind that Kubernetes itself doesn't have. */
export function definitions(): readonly Manifest[] {
  return KINDS.filter(({ builtIn }) => !builtIn).map(({ apiVersion, group, kind, resource }) => {
    const { shortNames, categories, columns } = SHOWN[resource] ?? {};
    const names = { kind, listKind: `${kind}List`, plural: resource, singular: kind.toLowerCase(), shortNames, categories };
    const version = { name: apiVersion.slice(group.length + 1), served: true, storage: true, additionalPrinterColumns: columns };
    return object('apiextensions.k8s.io/v1', 'CustomResourceDefinition', `${resource}.${group}`, {
      spec: { group, scope: 'Namespaced', names, versions: [version] },
    });
  });
}

function shown(name: string, jsonPath: string): Tree {
  return { name, type: 'string', jsonPath };
}

function readiness(field: string): string {
  return `.status.conditions[?(@.type=="Ready")].${field}`;
}
