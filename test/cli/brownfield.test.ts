import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import type { Settings } from '#goals/settings.ts';
import { configMap, container, labelsFor, object, secret, workload } from '#rehearsal/build.ts';
import type { EmbeddedCluster } from '#rehearsal/cluster.ts';
import { fluxKustomization } from '#rehearsal/homelab/platform.ts';
import { git } from '../adapters/support/git.ts';
import { keepPage, Section } from './page.ts';
import { withRehearsal } from './rehearsal.ts';
import { runCommand } from './run-command.ts';
import {
  commit,
  installBySomebody,
  installedByHelm,
  kustomization,
  leftOver,
  leftVolume,
  OTHER,
  otherRelease,
  renderedByHelm,
  terminate,
} from './somebody.ts';
import { goalsWith, removeKinds } from './surroundings.ts';

interface Case {
  readonly name: string;
  readonly arrange: (cluster: EmbeddedCluster) => void | Promise<void>;
  /** 5: a precondition is not met; 1: phase 0 finds it. */
  readonly exit: number;
  readonly environment?: Settings;
}

const OURS = 'kubernetes/apps/monitoring';
const EXISTING: Settings = { storage: { bucket: { from: 'existing' } } };
const userKeys = { AccessKey: 'access', SecretKey: 'key', Endpoint: 'http://rook-ceph-rgw-storage.storage.svc:80' };

const STOPPED: readonly Case[] = [
  { name: "Loki by somebody else's Kustomization", arrange: installBySomebody, exit: 5 },
  { name: 'Loki by helm install', arrange: ({ world }) => void world.store.put(installedByHelm()), exit: 5 },
  { name: 'a StatefulSet that an earlier Loki left, of no release', arrange: ({ world }) => void world.store.put(leftOver()), exit: 5 },
  {
    name: 'Loki by helm install that is to be adopted, with other volumes',
    arrange: ({ world }) => void world.store.put(installedByHelm('10Gi')),
    environment: { adopt: ['HelmRelease monitoring/loki'] },
    exit: 5,
  },
  { name: 'a volume that an earlier Loki left', arrange: ({ world }) => void world.store.put(leftVolume()), exit: 5 },
  { name: 'namespace monitoring is Terminating', arrange: terminate, exit: 1 },
  {
    name: 'a Secret of that name, made by hand',
    arrange: ({ world }) => void world.store.put(secret('monitoring/loki-s3-credentials', { access_key_id: 'a', secret_access_key: 'b' })),
    exit: 5,
  },
  {
    name: 'a Secret with the keys of a CephObjectStoreUser, for a bucket made by hand',
    arrange: ({ world }) => void world.store.put(secret('monitoring/loki-s3-credentials', userKeys)),
    environment: EXISTING,
    exit: 5,
  },
  {
    name: 'an ObjectBucketClaim of that name, made by hand, for another bucket',
    arrange: ({ world }) =>
      void world.store.put(
        object('objectbucket.io/v1alpha1', 'ObjectBucketClaim', 'monitoring/loki-bucket', {
          spec: { bucketName: 'mine', storageClassName: 'ceph-bucket' },
        }),
      ),
    exit: 5,
  },
  {
    name: 'a Kustomization loki that applies something else',
    arrange: (cluster) =>
      commit(cluster, {
        [`${OURS}/other-loki.yaml`]: JSON.stringify(fluxKustomization('loki', './kubernetes/apps/old-loki')),
        [`${OURS}/kustomization.yaml`]: kustomization('./kube-prometheus-stack/ks.yaml', './other-loki.yaml'),
        'kubernetes/apps/old-loki/map.yaml': stringify(configMap('monitoring/old-loki', {})),
      }),
    exit: 5,
  },
  {
    name: 'a directory loki in the repository',
    arrange: (cluster) => commit(cluster, { [`${OURS}/loki/values.yaml`]: 'a: 1\n', [`${OURS}/loki/README.md`]: 'Ours since 2019.\n' }),
    exit: 5,
  },
  {
    name: 'Rook without its bucket provisioner',
    arrange: ({ world }) => removeKinds(world, 'objectbucketclaims.objectbucket.io'),
    exit: 1,
  },
  {
    name: 'External Secrets with v1beta1 only',
    arrange: ({ world }) => removeKinds(world, 'externalsecrets.external-secrets.io', 'secretstores.external-secrets.io'),
    exit: 1,
  },
  {
    name: 'Flux with HelmRelease v2beta2 only',
    arrange: ({ world }) => removeKinds(world, 'helmreleases.helm.toolkit.fluxcd.io'),
    exit: 1,
  },
  { name: 'no ServiceMonitor', arrange: ({ world }) => removeKinds(world, 'servicemonitors.monitoring.coreos.com'), exit: 1 },
];

/** What doctor finds, and how a run ends. */
const FOUND = /^ {2}(failed|pending|unknown)|^ {6,}/;
const TOLD = /^(failed|refused|unknown|To go on)/;
const RELEASE = { apiVersion: 'helm.toolkit.fluxcd.io/v2', kind: 'HelmRelease', namespace: 'monitoring', name: 'loki' };
const HOLDER = 'kustomize.toolkit.fluxcd.io/name';

async function adopt(checkout: string, ...adopted: readonly string[]): Promise<void> {
  const file = join(checkout, 'goals/goals.json');
  const goals = JSON.parse(await readFile(file, 'utf8'));
  await writeFile(file, JSON.stringify({ ...goals, environment: { ...goals.environment, adopt: adopted } }, undefined, 2));
}

describe('what is in the cluster already', () => {
  const sections: Section[] = [];

  test.each(STOPPED)(
    '$name: stops a run before its first write',
    { timeout: 60_000 },
    async ({ name, arrange, exit, environment = {} }) => {
      const section = new Section(
        name,
        ...(Object.keys(environment).length === 0 ? [] : [`\`environment\`: \`${JSON.stringify(environment)}\``]),
      );
      sections.push(section);
      await withRehearsal(
        async (cluster) => {
          await arrange(cluster);
          const before = git(cluster.remote, 'rev-parse', 'main');
          expect(await section.show(['doctor'], FOUND)).toMatchObject({ exit: 5 });
          expect(await section.show(['run', '--yes', '--timeout', '2s'], TOLD)).toMatchObject({ exit });
          expect(git(cluster.remote, 'rev-parse', 'main')).toBe(before);
        },
        await goalsWith(environment),
      );
    },
  );

  test('a HelmRelease that another Kustomization holds: taken over as the message says', { timeout: 120_000 }, async () => {
    const section = new Section('The same HelmRelease, handed over as the message says');
    sections.push(section);
    await withRehearsal(async (cluster) => {
      const { world, checkout } = cluster;
      await installBySomebody(cluster);
      expect(await section.show(['init', '--goals', 'drafted.json'], /loki\/(chart|values)/)).toMatchObject({ exit: 0 });
      section.note(`In \`${OTHER}/app\`, the annotation \`kustomize.toolkit.fluxcd.io/prune: disabled\`; then it is taken out.`);
      await commit(cluster, { [`${OTHER}/app/helmrelease.yaml`]: otherRelease({ 'kustomize.toolkit.fluxcd.io/prune': 'disabled' }) });
      await commit(cluster, { [`${OTHER}/app/helmrelease.yaml`]: stringify(configMap('monitoring/nothing', {})) });
      expect(world.store.get(RELEASE)?.metadata.labels).toMatchObject({ [HOLDER]: 'observability' });
      expect(await section.show(['run', '--yes'], TOLD)).toMatchObject({ exit: 5 });

      section.note('`environment`: `{"adopt":["HelmRelease monitoring/loki"]}`');
      await adopt(checkout, 'HelmRelease monitoring/loki');
      expect(await section.show(['run', '--yes'], /^completed|Nothing that the manifests/)).toMatchObject({ exit: 0 });
      expect(world.store.get(RELEASE)?.metadata.labels).toMatchObject({ [HOLDER]: 'loki' });
      expect(await section.show(['verify'], /regressed/)).toMatchObject({ exit: 0 });
      // Nobody fights over it: the other one applies the newest commit, and it stays as it is.
      await commit(cluster, { 'README.md': 'moved' });
      expect(world.store.get(RELEASE)?.metadata.labels).toMatchObject({ [HOLDER]: 'loki' });
    });
  });

  test('a release by helm install: taken over once the goals name it', { timeout: 120_000 }, async () => {
    const section = new Section('The same release by helm install, adopted', '`environment`: `{"adopt":["HelmRelease monitoring/loki"]}`');
    sections.push(section);
    await withRehearsal(
      async ({ world }) => {
        for (const object of renderedByHelm()) world.store.put(object);
        expect(await section.show(['run', '--yes'], /^completed|HelmRelease monitoring\/loki: to be adopted/)).toMatchObject({ exit: 0 });
        expect(await section.show(['verify'], /regressed/)).toMatchObject({ exit: 0 });
      },
      await goalsWith({ adopt: ['HelmRelease monitoring/loki'] }),
    );
  });

  test('a generated file that was edited by hand', { timeout: 120_000 }, async () => {
    const section = new Section('a generated file that was edited by hand');
    sections.push(section);
    await withRehearsal(async (cluster) => {
      expect(await runCommand(['run', '--yes'])).toMatchObject({ exit: 0 });
      git(cluster.checkout, 'pull', '--quiet', '--rebase', '--autostash', 'origin', 'main');
      const file = join(cluster.checkout, OURS, 'loki/app/release.yaml');
      const edited = (await readFile(file, 'utf8')).replace('max_query_series: 500', 'max_query_series: 9000');
      await commit(cluster, { [`${OURS}/loki/app/release.yaml`]: edited });
      expect(await section.show(['run', '--yes'], /^(failed|refused|To go on)|9000|max_query/)).toMatchObject({ exit: 1 });
      expect(git(cluster.remote, 'show', `main:${OURS}/loki/app/release.yaml`)).toBe(edited);
      expect(await section.show(['run', '--yes', '--overwrite'], /^completed|did {5}commit/)).toMatchObject({ exit: 0 });
      expect(git(cluster.remote, 'show', `main:${OURS}/loki/app/release.yaml`)).toContain('max_query_series: 500');
      expect(git(cluster.remote, 'log', '-p', '--format=', 'main', '--', `${OURS}/loki/app/release.yaml`)).toContain('9000');
    });
  });

  test('a datasource of another Loki in Grafana', { timeout: 60_000 }, async () => {
    const section = new Section('a datasource of another Loki in Grafana');
    sections.push(section);
    await withRehearsal(async ({ world }) => {
      const other = { name: 'Loki', uid: 'P8E80F9AEF21F6940', type: 'loki', access: 'proxy', url: 'http://loki.old.svc:3100' };
      const source = stringify({ apiVersion: 1, datasources: [other] });
      world.store.put(configMap('monitoring/old-loki', { 'old-loki.yaml': source }, { grafana_datasource: '1' }));
      expect(await section.show(['doctor'], FOUND)).toMatchObject({ exit: 5 });
      expect(await section.show(['run', '--yes', '--timeout', '2s'], TOLD)).toMatchObject({ exit: 5 });
    });
  });

  test('Promtail collects already', { timeout: 60_000 }, async () => {
    const section = new Section('Promtail collects already, for another Loki');
    sections.push(section);
    await withRehearsal(async ({ world, settle }) => {
      const labels = labelsFor('promtail', 'promtail');
      world.store.put(workload('DaemonSet', 'default/promtail', labels, container('promtail', 'docker.io/grafana/promtail:3.5.1')));
      await settle();
      expect(await section.show(['doctor'], /collects/)).toMatchObject({ exit: 0 });
      expect(await section.show(['run', '--yes'], /collects|^completed/)).toMatchObject({ exit: 0 });
    });
  });

  test('the page of what is told', () => keepPage('brownfield', 'What is in the cluster already', sections));
});
