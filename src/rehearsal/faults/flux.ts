import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { container, labelsFor, workload } from '../build.ts';
import { fluxKustomization } from '../homelab/platform.ts';
import { specOf, statusOf } from '../tree.ts';
import type { World } from '../world.ts';
import { withdrawn } from './cluster.ts';
import { type Fault, inObject, standing } from './fault.ts';

const SOURCE = { apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'GitRepository', namespace: 'flux-system', name: 'flux-system' };

/** Git, sources, Kustomizations and releases. */
export const FLUX: readonly Fault[] = [
  {
    name: 'flux-controller-down',
    description: 'somebody has scaled helm-controller to 0: everything that it wants to have is there',
    phase: 0,
    check: 'flux.controllers-available',
    says: ['4 of 5 available', 'Deployment flux-system/helm-controller is scaled to 0', 'kubectl scale deployment'],
    remedy: 'it is scaled back',
    ...inObject('Deployment', 'helm-controller', ({ spec }) => {
      spec.replicas = 0;
    }),
  },
  {
    name: 'git-push-refused',
    description: 'the Git remote can be read, and takes no push: its own configuration is broken for those',
    phase: 0,
    check: 'git.remote-usable',
    says: ['refuses a push to main', 'receive.denydeletes', 'git push --dry-run'],
    remedy: 'the remote takes pushes again',
    strike(world) {
      git(world, 'config', 'receive.denyDeletes', 'nobody');
      return () => git(world, 'config', '--unset', 'receive.denyDeletes');
    },
  },
  {
    name: 'branch-gone',
    description: 'the branch that Flux follows was renamed at the remote',
    phase: 0,
    check: 'git.remote-usable',
    says: ['has no branch main', 'environment.gitops.branch'],
    remedy: 'the branch has its name again',
    strike(world) {
      git(world, 'branch', '--move', 'main', 'trunk');
      return () => git(world, 'branch', '--move', 'trunk', 'main');
    },
  },
  {
    name: 'another-branch',
    description: 'Flux follows another branch than the goals name: it is Ready, and none of our commits is ever applied',
    phase: 0,
    check: 'flux.source-ready',
    says: ['follows branch staging', 'pushed to main would never be applied', 'environment.gitops.branch'],
    remedy: 'Flux follows main again',
    strike(world) {
      git(world, 'branch', 'staging', 'main');
      return () => git(world, 'branch', '--delete', '--force', 'staging');
    },
    ...inObject('GitRepository', SOURCE.name, ({ spec }) => {
      spec.ref.branch = 'staging';
    }),
  },
  {
    name: 'local-edits',
    description: 'in the checkout lies a file that nobody has committed, where this program writes',
    phase: 0,
    check: 'git.nothing-local',
    says: ['1 edited files', 'edited and not committed: kubernetes/apps/monitoring/kustomization.yaml', 'git stash push'],
    remedy: 'the file is put back',
    strike(world) {
      const checkout = join(dirname(urlOf(world)), 'checkout');
      const file = join(checkout, 'kubernetes/apps/monitoring/kustomization.yaml');
      writeFileSync(file, '# begun, and left\n');
      return () => void execFileSync('git', ['-C', checkout, 'checkout', '--quiet', '--', file]);
    },
  },
  {
    name: 'chart-version-gone',
    description: "the chart repository does not serve Loki's chart in that version any more",
    phase: 1,
    check: 'flux.loki-chart-served',
    says: ["can't be had", "no 'loki' chart with version matching", 'environment.loki.chart.version'],
    remedy: 'it serves that version again',
    strike: withdrawn('loki-'),
  },
  {
    name: 'two-owners',
    description: "another Kustomization, suspended for now, holds Loki's HelmRelease in its inventory: whoever lets go deletes it",
    phase: 2,
    check: 'flux.loki-one-owner',
    says: [
      'Kustomization flux-system/observability holds HelmRelease monitoring/loki, too',
      'Kustomization flux-system/loki applies it as well',
      'kustomize.toolkit.fluxcd.io/prune: disabled',
    ],
    remedy: 'the other Kustomization is gone',
    strike: standing(() => {
      const other = fluxKustomization('observability', './kubernetes/apps/observability');
      const inventory = { entries: [{ id: 'monitoring_loki_helm.toolkit.fluxcd.io_HelmRelease', v: 'v2' }] };
      return { ...other, spec: { ...specOf(other), suspend: true }, status: { ...statusOf(other), inventory } };
    }),
  },
  {
    name: 'no-matches-for-kind',
    description: 'the definition of ServiceMonitor is gone from the API server',
    phase: 0,
    check: 'prometheus.ready',
    says: ['does not serve', 'servicemonitors', 'environment.prometheus'],
    remedy: 'it is installed again',
    strike({ store }) {
      const name = 'servicemonitors.monitoring.coreos.com';
      const definition = store.get({ apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', name });
      store.remove({ apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', name });
      return () => void (definition && store.put(definition));
    },
  },
  {
    name: 'kustomization-suspended',
    description: "somebody has suspended Loki's Kustomization: it is Ready, of an older commit",
    phase: 2,
    check: 'flux.loki-applied',
    says: ['Kustomization flux-system/loki is suspended', 'flux resume kustomization -n flux-system loki'],
    remedy: 'it is resumed',
    ...inObject('Kustomization', 'loki', ({ spec }) => {
      spec.suspend = true;
    }),
  },
  {
    name: 'release-suspended',
    description: "somebody suspends Loki's HelmRelease as soon as it is there",
    phase: 2,
    check: 'loki.release-ready',
    says: ['HelmRelease monitoring/loki is suspended', 'flux resume helmrelease -n monitoring loki'],
    remedy: 'it is resumed',
    ...inObject('HelmRelease', 'loki', ({ spec }) => {
      spec.suspend = true;
    }),
  },
  {
    name: 'chart-refuses-values',
    description: "something puts replicas of the scalable targets into Loki's values: the chart does not render, and is tried for ever",
    phase: 2,
    check: 'loki.release-ready',
    says: ['HelmRelease monitoring/loki', "can't be rendered", 'more than zero replicas'],
    remedy: 'the values are those of Git again',
    ...inObject('HelmRelease', 'loki', ({ spec }) => {
      spec.values.write.replicas = 3;
    }),
  },
  {
    name: 'statefulset-immutable',
    description: "Loki's StatefulSet of an earlier try has a smaller volume: Kubernetes refuses every upgrade",
    phase: 2,
    check: 'loki.volumes-unchanged',
    says: [
      'StatefulSet monitoring/loki has volumes of 10Gi (ceph-block), the values ask for 20Gi',
      'Forbidden: updates to statefulset spec',
      'kubectl delete statefulset -n monitoring loki --cascade=orphan',
    ],
    remedy: 'the StatefulSet is deleted, and Helm makes it anew',
    strike: standing(() => {
      const labels = labelsFor('loki', 'loki', 'single-binary');
      const claim = { accessModes: ['ReadWriteOnce'], storageClassName: 'ceph-block', resources: { requests: { storage: '10Gi' } } };
      const volumes = [{ name: 'config', configMap: { name: 'loki' } }];
      const spec = { podManagementPolicy: 'Parallel', volumeClaimTemplates: [{ metadata: { name: 'storage' }, spec: claim }] };
      return workload('StatefulSet', 'monitoring/loki', labels, container('loki', 'docker.io/grafana/loki:3.5.9'), { volumes }, spec);
    }),
  },
  {
    name: 'helm-retries-exhausted',
    description: "something gives Loki's release no time and no retry: it gives up, and stays so although all pods become ready",
    phase: 2,
    check: 'loki.release-ready',
    says: ['HelmRelease monitoring/loki is stalled: RetriesExceeded', 'flux reconcile helmrelease -n monitoring loki --reset'],
    remedy: 'the release has the time and the retries of Git again, and begins anew',
    ...inObject('HelmRelease', 'loki', ({ spec }) => {
      Object.assign(spec, { timeout: '1ms', install: { remediation: { retries: 0 } } });
    }),
  },
];

function urlOf({ store }: World): string {
  return specOf(store.get(SOURCE)).url;
}

function git(world: World, ...args: readonly string[]): void {
  execFileSync('git', ['-C', urlOf(world), ...args], { stdio: 'ignore' });
}
