import { container, object } from '../build.ts';
import { type Fault, inObject, standing } from './fault.ts';

/** What collects the lines: configurations that load, and a collector that looks well. */
export const ALLOY: readonly Fault[] = [
  {
    name: 'each-node-tails-every-pod',
    description: "discovery is not limited to the pod's own node: every line is stored once a node, and a compression ratio flatters",
    phase: 3,
    check: 'alloy.own-node-only',
    says: [
      'files are read by more than one Alloy',
      'is stored 3 times',
      'limit discovery.kubernetes to spec.nodeName',
      'monitoring/alloy-config',
    ],
    ...configured((text) => text.replace(/ *selectors \{[^}]*\}\n/, '')),
  },
  {
    name: 'wrong-alloy-component',
    description: 'a component that does not exist: Alloy runs, with its previous configuration or none',
    phase: 3,
    check: 'alloy.every-pod-loaded',
    says: ['alloy_config_last_load_successful 0 in 3 of 3 pods', 'kubectl logs -n monitoring alloy-', 'monitoring/alloy-config'],
    ...configured((text) => text.replace('loki.source.file "pods"', 'loki.source.files "pods"')),
  },
  {
    name: 'path-loses-namespace',
    description: 'a path is put together by "$1_$2": there is no group named "1_", so that the namespace is lost and no file is found',
    phase: 3,
    check: 'alloy.own-node-only',
    says: ['reads no file yet', 'discovery.relabel of config.alloy', 'kubectl logs -n monitoring alloy-'],
    ...configured((text) =>
      text.replace(/separator += +"_"\n( *target_label += "__tmp_pod_directory")/, 'regex = "(.*);(.*)"\nreplacement = "$$1_$$2"\n$1'),
    ),
  },
  {
    name: 'positions-in-tmp',
    description: "Alloy keeps its positions below /tmp, the chart's default: each new container sends every line again",
    phase: 3,
    check: 'alloy.positions-kept',
    says: ['3 of 3 pods keep them in their container', 'no claim is mounted at /tmp/alloy', 'environment.alloy.values'],
    remedy: "the DaemonSet is as Helm made it, and Alloy's pods are replaced",
    ...inObject('DaemonSet', 'alloy', ({ spec }) => {
      const [main] = spec.template.spec.containers;
      main.args = main.args.map((arg: string) => arg.replace('/var/lib/alloy/data', '/tmp/alloy'));
    }),
  },
  {
    name: 'cri-prefix-stays',
    description: "nothing takes the container runtime's prefix off: lines are kept with it, at the time of reading",
    phase: 3,
    check: 'alloy.collects-once',
    says: ['20 lines are not as they were written', 'stdout F', 'stage.cri'],
    ...configured((text) => text.replace(/ *stage\.cri \{ *\}\n/, '')),
  },
  {
    name: 'filter-gone',
    description: 'the rule that drops the lines of health probes is gone',
    phase: 3,
    check: 'alloy.filters',
    says: ['the line of a health probe arrived', 'monitoring/alloy-config', 'stage.match'],
    ...configured(without('stage.match')),
  },
  {
    name: 'parse-gone',
    description: 'JSON lines are not parsed: nobody can ask for their level or trace id',
    phase: 3,
    check: 'alloy.parses-json',
    says: ['without its level and trace_id', 'stage.json', 'monitoring/alloy-config'],
    ...configured(without('stage.json')),
  },
  {
    name: 'app-label-lost',
    description: 'the label app is looked for under the name that the pod has it by, and not under the one that discovery makes of it',
    phase: 3,
    check: 'alloy.pod-labels',
    says: ['other labels than its pod: app', 'app is anton-logging-probe, and anton-logging-test is right', 'discovery.relabel'],
    ...configured((text) => text.replace('__meta_kubernetes_pod_label_app_kubernetes_io_name', 'app.kubernetes.io/name')),
  },
  {
    name: 'rate-limit-gone',
    description: 'the rate limit is gone',
    phase: 3,
    check: 'alloy.pipeline-limited',
    says: ['stage.limit has rate none', 'the goals say 500', 'environment.alloy.rateLimit'],
    ...configured(without('stage.limit')),
  },
  {
    name: 'rate-limit-by-absent-label',
    description: 'the rate limit counts by a label that no line has: it is there as it should be, and limits nothing',
    phase: 3,
    check: 'alloy.rate-limited',
    says: ['4000 of 4000 lines arrived', 'at most 2000 may pass at once', 'stage.limit in config.alloy'],
    ...configured((text) => text.replace('by_label_name = "pod"', 'by_label_name = "pod_name"')),
  },
  {
    name: 'namespace-filter-gone',
    description: 'the rule that leaves namespaces out is gone',
    phase: 3,
    check: 'alloy.pipeline-limited',
    says: ['no rule leaves out default', 'monitoring/alloy-config', 'environment.alloy.excludedNamespaces'],
    settings: { 'alloy.excludedNamespaces': ['default'] },
    ...configured((text) => text.replace(/ *rule \{[^}]*"drop"\s*\}\n/, '')),
  },
  {
    name: 'namespace-filter-never-matches',
    description: 'the rule that leaves namespaces out looks at the name of the pod as well: it is there, and drops nothing',
    phase: 3,
    check: 'alloy.namespace-filter',
    says: ['a line from namespace default arrived', 'as it runs', 'environment.alloy.excludedNamespaces'],
    settings: { 'alloy.excludedNamespaces': ['default'] },
    ...configured((text) =>
      text.replace('["__meta_kubernetes_namespace"]', '["__meta_kubernetes_namespace", "__meta_kubernetes_pod_name"]'),
    ),
  },
  {
    name: 'namespace-forgotten',
    description: 'a namespace is left out that the goals know nothing of',
    phase: 3,
    check: 'logs.coverage',
    says: ['write, and nothing of it arrives', 'airflow/airflow-scheduler', 'loki_source_file_read_lines_total'],
    ...configured((text) =>
      text.replace(
        'targets = discovery.kubernetes.pods.targets\n',
        '$&rule {\nsource_labels = ["__meta_kubernetes_namespace"]\nregex = "airflow"\naction = "drop"\n}\n',
      ),
    ),
  },
  {
    name: 'static-pods-missing',
    description:
      'files are looked for by the uid of their pod: the directory of a static pod carries another one, so that the API server is not collected',
    phase: 3,
    check: 'logs.coverage',
    says: ['3 write, and nothing of it arrives', 'kube-system/kube-apiserver-k8s-1 on k8s-1', 'loki_source_file_read_lines_total'],
    ...configured((text) =>
      text
        .replace('["__meta_kubernetes_namespace", "__meta_kubernetes_pod_name"]', '["__meta_kubernetes_pod_uid"]')
        .replace('"_*/"', '"/"')
        .replace('/var/log/pods/$1', '/var/log/pods/*$$1'),
    ),
  },
  {
    name: 'one-pod-silent',
    description: 'a pod that writes nothing: it is named, and does not count',
    phase: 3,
    check: 'logs.coverage',
    heals: true,
    says: ['silent for 60 min and not counted: default/sleeper'],
    remedy: 'the pod is removed',
    strike: standing(() =>
      object('v1', 'Pod', 'default/sleeper', { spec: { containers: [container('pause', 'registry.k8s.io/pause:3.10')] } }),
    ),
  },
  {
    name: 'gateway-body-limit',
    description: "the gateway takes small requests only: it answers 413 to Alloy's first ones, and Alloy drops what was in them at once",
    phase: 3,
    check: 'alloy.nothing-dropped',
    says: ['entries dropped', 'that Loki did not take: ingester_error', 'kubectl rollout restart -n monitoring daemonset/alloy'],
    remedy: 'Helm writes the whole nginx.conf again; the count of what was dropped starts anew with the pods of Alloy',
    ...inObject('ConfigMap', 'loki-gateway', ({ data }) => {
      data['nginx.conf'] = `client_max_body_size 1k;\n${data['nginx.conf']}`;
    }),
  },
];

/** Something between Git and the process changes Alloy's configuration. */
function configured(edit: (text: string) => string): Pick<Fault, 'remedy'> & Required<Pick<Fault, 'distort'>> {
  return {
    remedy: 'Flux applies the whole configuration again, and Alloy takes it up',
    ...inObject('ConfigMap', 'alloy-config', ({ data }) => {
      data['config.alloy'] = edit(data['config.alloy']);
    }),
  };
}

function without(stage: string): (text: string) => string {
  return (text) => text.replace(new RegExp(` *${stage} \\{\\n[^]*?\\n {2}\\}\\n`), '');
}
