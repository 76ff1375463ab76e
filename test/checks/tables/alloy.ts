import { pipelineIsLimited, positionsAreKept } from '#checks/alloy.ts';
import { everyPodIsHealthy, everyPodIsLoaded, nothingIsDropped, readsOwnNodeOnly } from '#checks/alloy-pods.ts';
import type { Answer } from '#model/read.ts';
import { alloyConfig } from '#phases/3-alloy/config.ts';
import { ALLOY, absent, ENVIRONMENT, failed, http, list, met, noEndpoints, object, pending, table, unreadable } from '../support.ts';

const pod = (name: string, nodeName?: string) => ({ name, spec: { nodeName, containers: [] } });
const pods = list(pod('alloy-a', 'k8s-1'), pod('alloy-b', 'k8s-2'));
/** What both pods answer. */
const both = (a: Answer, b = a) => ({ pods, 'of alloy-a': a, 'of alloy-b': b });
const second = (b: Answer) => ({ 'of alloy-b': b });
const component = (localID: string, state = 'healthy', message = '') => ({ localID, health: { state, message } });
const loaded = http(200, 'alloy_config_last_load_successful{a="b"} 1\n');
const healthy = http(200, [component('loki.write.loki')]);
const sent = 'loki_write_sent_entries_total{component_id="loki.write.loki"} 600\n';
const read = (...files: readonly string[]) =>
  http(200, files.map((file) => `loki_source_file_read_lines_total{component_id="x",path="${file}"} 0\n`).join(''));
const nobody = { pods: list() };

const CONFIG = alloyConfig(ENVIRONMENT);
const config = (text: string) => ({ config: object({ data: { 'config.alloy': text } }) });

const HOST_PATH = { hostPath: { path: '/var/lib/alloy' } };
const storing = (args: readonly string[], volume: object, mountPath = '/var/lib/alloy') =>
  list({
    name: 'alloy-a',
    spec: {
      containers: [
        { args: ['--watched-dir=x'] },
        {
          args,
          volumeMounts: [
            { name: 'config', mountPath: '/etc/alloy' },
            { name: 'data', mountPath },
          ],
        },
      ],
      volumes: [
        { name: 'config', configMap: {} },
        { name: 'data', ...volume },
      ],
    },
  });
const RUN = ['run', '/etc/alloy/config.alloy', '--storage.path=/var/lib/alloy/data'];

export default [
  table(everyPodIsLoaded(ALLOY), both(loaded), 'alloy_config_last_load_successful 1 in 2 of 2 pods', [
    pending(
      'one is not there',
      second(noEndpoints),
      '/metrics at monitoring/alloy-b:12345 answers 503',
      'kubectl describe pod -n monitoring alloy-b',
    ),
    pending('no pod', nobody, 'no pod of Alloy is there', 'kubectl get daemonset -n monitoring alloy'),
    pending(
      'one has not loaded yet',
      second(http(200, 'other 1\n')),
      'monitoring/alloy-b on k8s-2 does not tell',
      'kubectl logs -n monitoring alloy-b -c alloy',
    ),
    failed(
      'a wrong component name, in one that the Service would not have chosen',
      second(http(200, 'alloy_config_last_load_successful 0\n')),
      'alloy_config_last_load_successful 0 in 1 of 2 pods',
      'monitoring/alloy-b on k8s-2 runs with its previous configuration, or none',
      'kubectl logs -n monitoring alloy-b -c alloy names the line',
      'ConfigMap monitoring/alloy-config',
    ),
  ]),
  table(everyPodIsHealthy(ALLOY), both(healthy), '2 components in 2 pods healthy', [
    pending('one is not there', second(noEndpoints), '/api/v0/web/components at monitoring/alloy-b:12345 answers 503'),
    pending('no pod', nobody, 'no pod of Alloy is there'),
    pending(
      'one is ill in one pod',
      second(http(200, [component('a'), component('b', 'unhealthy', 'no such host')])),
      '1 of 3 components',
      'monitoring/alloy-b on k8s-2: b: no such host',
      'kubectl logs -n monitoring alloy-b',
    ),
    pending('one has ended', second(http(200, [component('a', 'exited')])), 'a: exited', 'kubectl logs'),
    failed(
      'one pod has none',
      second(http(200, [])),
      'monitoring/alloy-b on k8s-2 runs no component',
      'ConfigMap monitoring/alloy-config',
      'kubectl get configmap',
    ),
    unreadable('an unstable format', second(http(200, { components: [] })), '/api/v0/web/components'),
  ]),
  table(
    nothingIsDropped(ALLOY),
    both(http(200, `${sent}loki_write_dropped_entries_total{reason="ingester_error"} 0\n`)),
    '1200 entries sent by 2 pods, none dropped',
    [
      pending('one is not there', second(noEndpoints), '503'),
      pending('no pod', nobody, 'no pod of Alloy is there'),
      pending(
        'one has sent nothing, so it has dropped nothing',
        second(http(200, '')),
        'monitoring/alloy-b on k8s-2 has sent no entry yet',
        'kubectl logs',
      ),
      failed(
        'Loki refused some of one pod',
        second(http(200, `${sent}loki_write_dropped_entries_total{reason="a"} 2\nloki_write_dropped_entries_total 3\n`)),
        '5 entries dropped, 1200 sent',
        'monitoring/alloy-b on k8s-2 dropped 2 that Loki did not take: a',
        'alloy-b on k8s-2 dropped 3 that Loki did not take: no reason',
        'loki_discarded_samples_total',
        'kubectl rollout restart -n monitoring daemonset/alloy',
      ),
    ],
  ),
  table(readsOwnNodeOnly(ALLOY), { ...both(read('/a', '/b'), read('/c')) }, '3 files read by 2 pods, none by two', [
    met('a file that is in the metrics of two components of one pod', second(read('/c', '/c')), '3 files'),
    pending('one is not there', second(noEndpoints), '503'),
    pending('no pod', nobody, 'no pod of Alloy is there'),
    pending(
      'one reads nothing',
      second(http(200, 'loki_source_file_read_lines_total 1\n')),
      'monitoring/alloy-b on k8s-2 reads no file yet',
      'discovery.relabel',
    ),
    failed(
      'each node tails every pod',
      second(read('/a', '/c', '/b')),
      '2 of 3 files are read by more than one Alloy',
      '/a by monitoring/alloy-a on k8s-1, monitoring/alloy-b on k8s-2: every line of it is stored 2 times',
      'spec.nodeName',
      'ConfigMap monitoring/alloy-config',
    ),
  ]),
  table(positionsAreKept(ALLOY), { pods: storing(RUN, HOST_PATH) }, '1 pods keep them in /var/lib/alloy/data of their node', [
    met('a claim', { pods: storing(RUN, { persistentVolumeClaim: { claimName: 'c' } }) }, '1 pods'),
    met('mounted right there', { pods: storing(RUN, HOST_PATH, '/var/lib/alloy/data') }, '1 pods'),
    pending('no pod', nobody, 'no pod of Alloy is there', 'kubectl get daemonset'),
    failed(
      "the chart's default",
      { pods: storing(['run', '--storage.path=/tmp/alloy'], HOST_PATH) },
      '1 of 1 pods keep them in their container',
      'Pod monitoring/alloy-a: no hostPath and no claim is mounted at /tmp/alloy',
      'alloy.storagePath',
    ),
    failed(
      "Alloy's default",
      { pods: storing(['run'], HOST_PATH) },
      'in their container',
      'mounted at data-alloy',
      'environment.alloy.values',
    ),
    failed('a volume that goes with the pod', { pods: storing(RUN, { emptyDir: {} }) }, '1 of 1', '/var/lib/alloy/data'),
    failed('mounted beside it', { pods: storing(RUN, HOST_PATH, '/var/lib/alloy/dat') }, '1 of 1', 'environment.alloy.values'),
    unreadable('a pod without containers', { pods: list({ spec: {} }) }, 'spec.containers'),
  ]),
  table(pipelineIsLimited(ALLOY), config(CONFIG), 'rate 500, 1 namespaces left out', [
    pending('not there', { config: absent }, 'no config.alloy'),
    pending('another key', { config: object({ data: {} }) }, 'no config.alloy'),
    failed('another rate', config(CONFIG.replace('= 500', '= 5000')), 'rate 5000', 'the goals say 500', 'environment.alloy.rateLimit'),
    failed('no limit', config(''), 'rate none', 'ConfigMap monitoring/alloy-config', 'environment.alloy.rateLimit'),
    failed(
      'not left out',
      config(CONFIG.replace('"kube-system"', '"kube-system-2"')),
      'leaves out kube-system',
      'environment.alloy.excluded',
    ),
    failed(
      'kept instead of dropped',
      config(CONFIG.replace('"drop"', '"keep"')),
      'leaves out kube-system',
      'environment.alloy.excludedNamespaces',
    ),
    met('among others', config(CONFIG.replace('"kube-system"', '"default|kube-system"'))),
  ]),
];
