import { execa, execaSync } from 'execa';
import { describe, expect, it } from 'vitest';
import { object } from '#rehearsal/build.ts';
import type { EmbeddedCluster } from '#rehearsal/cluster.ts';
import { recordEvent } from '#rehearsal/controllers/events.ts';
import { withRehearsal } from './rehearsal.ts';

const isMissing = execaSync('kubectl', ['version', '--client'], { reject: false }).failed;

/** What kubectl as another process prints; no shell, an argument may be quoted. */
async function kubectl(line: string): Promise<string> {
  const words = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
  return (await execa('kubectl', words, { stdin: 'ignore' })).stdout;
}

async function tableOf(line: string): Promise<readonly string[]> {
  return (await kubectl(line)).split('\n').map((row) => row.trim().replaceAll(/ {2,}/g, ' | '));
}

/** By short name where there is one: the heading, and the first row. */
const TABLES: readonly (readonly [string, string, RegExp])[] = [
  ['po', 'NAMESPACE | NAME | READY | STATUS | RESTARTS | AGE', /^airflow \| airflow-scheduler-\S+ \| 1\/1 \| Running \| 0 \| \d+s$/],
  [
    'svc',
    'NAMESPACE | NAME | TYPE | CLUSTER-IP | EXTERNAL-IP | PORT(S) | AGE',
    /^monitoring \| kube-prometheus-stack-grafana \| ClusterIP \| <none> \| <none> \| 80\/TCP \| \d+s$/,
  ],
  ['deploy', 'NAMESPACE | NAME | READY | UP-TO-DATE | AVAILABLE | AGE', /^airflow \| airflow-scheduler \| 1\/1 \| 1 \| 1 \| \d+s$/],
  ['sts', 'NAMESPACE | NAME | READY | AGE', /^airflow \| airflow-triggerer \| 1\/1 \| \d+s$/],
  [
    'ds',
    'NAMESPACE | NAME | DESIRED | CURRENT | READY | UP-TO-DATE | AVAILABLE | NODE SELECTOR | AGE',
    /^default \| agent \| 3 \| 3 \| 3 \| 3 \| 3 \| <none> \| \d+s$/,
  ],
  ['no', 'NAME | STATUS | ROLES | AGE | VERSION', /^k8s-1 \| Ready \| <none> \| \d+s \| v1\.33\.4$/],
  ['ns', 'NAME | STATUS | AGE', /^airflow \| Active \| \d+s$/],
  [
    'ev',
    'NAMESPACE | LAST SEEN | TYPE | REASON | OBJECT | MESSAGE',
    /^default \| \d+s \| Warning \| Seen \| daemonset\/agent \| it was seen$/,
  ],
  ['cm', 'NAMESPACE | NAME | DATA | AGE', /^airflow \| airflow-config \| 1 \| \d+s$/],
  ['secrets', 'NAMESPACE | NAME | TYPE | DATA | AGE', /^monitoring \| kube-prometheus-stack-grafana \| Opaque \| 2 \| \d+s$/],
  [
    'pvc',
    'NAMESPACE | NAME | STATUS | VOLUME | CAPACITY | ACCESS MODES | STORAGECLASS | VOLUMEATTRIBUTESCLASS | AGE',
    /^airflow \| airflow-logs \| Bound \| pvc-airflow-logs \| 100Gi \| RWX \| ceph-block \| <unset> \| \d+s$/,
  ],
  ['jobs', 'NAMESPACE | NAME | STATUS | COMPLETIONS | DURATION | AGE', /^default \| once \| Complete \| 1\/1 \| \d+s \| \d+s$/],
  ['ks', 'NAMESPACE | NAME | AGE | READY | STATUS', /^flux-system \| airflow \| \d+s \| True \| Applied revision: main@sha1:[0-9a-f]{40}$/],
  ['hr', 'NAMESPACE | NAME | AGE | READY | STATUS', /^airflow \| airflow \| \d+s \| True \| Helm install succeeded for release airflow/],
  [
    'gitrepo',
    'NAMESPACE | NAME | URL | AGE | READY | STATUS',
    /^flux-system \| flux-system \| \S+\/repository\.git \| \d+s \| True \| stored artifact for revision/,
  ],
];

/** What the homelab has none of before the rollout. */
function addMissing({ world }: EmbeddedCluster): void {
  const spec = { containers: [{ name: 'agent', image: 'agent:1' }] };
  const labels = { app: 'agent' };
  const template = { metadata: { labels }, spec };
  const agent = object('apps/v1', 'DaemonSet', 'default/agent', { spec: { selector: { matchLabels: labels }, template } });
  recordEvent(world, world.store.put(agent), 'Seen', 'it was seen');
  world.store.put(object('batch/v1', 'Job', 'default/once', { spec: { template: { spec } } }));
}

describe.skipIf(isMissing)(`kubectl, on a rehearsal that is served${isMissing ? ' (there is no kubectl)' : ''}`, () => {
  it('shows the common kinds as tables, by their short names', { timeout: 60_000 }, async () => {
    await withRehearsal(async (cluster) => {
      addMissing(cluster);
      await expect
        .poll(() => tableOf('get job,ds -A --no-headers'), { timeout: 10_000 })
        .toEqual([expect.stringContaining('job.batch/once | Complete'), expect.stringContaining('daemonset.apps/agent | 3 | 3 | 3')]);
      for (const [kind, heading, row] of TABLES) {
        expect((await tableOf(`get ${kind} -A`)).slice(0, 2), kind).toEqual([heading, expect.stringMatching(row)]);
      }
      // It finds the pod of a Job by the selector that the API server gave it.
      expect(await kubectl('logs job/once -n default')).toBe('');
      const [wide] = await tableOf('get po -n flux-system -o wide');
      expect(wide).toBe('NAME | READY | STATUS | RESTARTS | AGE | IP | NODE | NOMINATED NODE | READINESS GATES');
      const all = await kubectl('get all -A');
      for (const name of ['pod/', 'service/', 'daemonset.apps/', 'deployment.apps/', 'statefulset.apps/', 'job.batch/', 'gitrepository.'])
        expect(all).toMatch(new RegExp(`^\\S+ +${name}`, 'm'));
    });
  });

  it('selects objects, and prints them whole', { timeout: 60_000 }, async () => {
    await withRehearsal(async () => {
      const node = JSON.parse(await kubectl('get no k8s-1 -o json'));
      expect(node).toMatchObject({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'k8s-1' } });
      const yaml = await kubectl('get ks airflow -n flux-system -o yaml');
      expect(yaml).toMatch(/^apiVersion: kustomize\.toolkit\.fluxcd\.io\/v1\nkind: Kustomization\nmetadata:\n/);
      expect(await kubectl("get deploy -A -l 'app in (source-controller,none),!tier' -o name")).toBe('deployment.apps/source-controller');
      const chosen = await kubectl('get po -n kube-system --field-selector spec.nodeName=k8s-2,status.phase=Running -o name');
      expect(chosen).toBe('pod/kube-apiserver-k8s-2');
      expect(await tableOf('get no --sort-by .metadata.name --no-headers')).toEqual([
        expect.stringMatching(/^k8s-1 /),
        expect.stringMatching(/^k8s-2 /),
        expect.stringMatching(/^k8s-3 /),
      ]);
      await expect(kubectl('get po -A --field-selector spec.foo=x')).rejects.toThrow('field label not supported: spec.foo');
    });
  });

  it('watches, and follows a log', { timeout: 60_000 }, async () => {
    await withRehearsal(async ({ world }) => {
      const put = (name: string) => world.store.put(object('v1', 'ConfigMap', `default/${name}`, { data: { k: '1' } }));
      put('early');
      await follow('get cm -n default --watch', (line) => {
        if (/^early +1 /.test(line)) put('late');
        return /^late +1 /.test(line);
      });

      const pod = 'kube-apiserver-k8s-1';
      const uid = world.store.get({ apiVersion: 'v1', kind: 'Pod', namespace: 'kube-system', name: pod })?.metadata.uid ?? '';
      const lines = world.logs.get(uid) ?? [];
      const writing = setInterval(() => lines.push({ container: 'kube-apiserver', at: world.now(), line: 'something new' }), 50);
      await follow(`logs -n kube-system ${pod} -f --tail 0`, (line) => line === 'something new');
      clearInterval(writing);
      expect(await kubectl(`logs -n kube-system ${pod} -c kube-apiserver --tail 1`)).toBe('something new');
      await expect(kubectl(`logs -n kube-system ${pod} --previous`)).rejects.toThrow('previous terminated container "kube-apiserver"');
    });
  });

  it('describes, asks for rights, annotates and deletes', { timeout: 60_000 }, async () => {
    await withRehearsal(async () => {
      expect(await kubectl('version')).toMatch(/^Server Version: v1\.33\.4$/m);
      expect(await kubectl('auth can-i delete pods -n monitoring')).toBe('yes');
      const described = await kubectl('describe po airflow-triggerer-0 -n airflow');
      expect(described).toMatch(/^Status: +Running$/m);
      expect(described).toMatch(/^Events: +<none>$/m);
      expect(await kubectl('describe no k8s-1')).toMatch(/kube-apiserver-k8s-1 /);

      await kubectl('annotate ks airflow -n flux-system reconcile.fluxcd.io/requestedAt=now');
      const handled = '{.status.lastHandledReconcileAt}';
      await expect.poll(() => kubectl(`get ks airflow -n flux-system -o jsonpath=${handled}`)).toBe('now');

      const uid = () => kubectl('get po airflow-triggerer-0 -n airflow -o jsonpath={.metadata.uid}');
      const before = await uid();
      expect(await kubectl('delete pod airflow-triggerer-0 -n airflow')).toContain('pod "airflow-triggerer-0" deleted');
      await expect.poll(uid).not.toBe(before);
    });
  });
});

/** Reads what kubectl prints until that is enough. */
async function follow(line: string, isEnough: (printed: string) => boolean): Promise<void> {
  const running = execa('kubectl', line.split(' '), { stdin: 'ignore', reject: false, timeout: 30_000 });
  let isSeen = false;
  for await (const printed of running) {
    isSeen ||= isEnough(printed);
    if (isSeen) running.kill();
  }
  expect(isSeen).toBe(true);
}
