import { BURST_SECONDS } from '#checks/alloy.ts';
import type { Environment } from '#model/environment.ts';

/** Loki's own bounds: what it would refuse is dropped, counted, where it is read. */
const MAX_AGE = '168h';
const MAX_LINE = '256KB';

/**
 * Alloy's configuration. One Alloy pod a node; each tails only its own node's pods, or every line would be shipped once a node.
 * It must hold neither double braces nor dollar-brace: Helm's tpl and Flux's postBuild would take them.
 */
export function alloyConfig({ alloy, loki }: Environment): string {
  return `// One Alloy pod per node; each tails only its own node's pods.

logging {
  level  = "info"
  format = "logfmt"
}

discovery.kubernetes "pods" {
  role = "pod"

  // The chart sets HOSTNAME from spec.nodeName.
  selectors {
    role  = "pod"
    field = "spec.nodeName=" + coalesce(sys.env("HOSTNAME"), constants.hostname)
  }
}

discovery.relabel "pods" {
  targets = discovery.kubernetes.pods.targets
${dropRule(alloy.excludedNamespaces)}
  rule {
    source_labels = ["__meta_kubernetes_namespace"]
    target_label  = "namespace"
  }

  rule {
    source_labels = ["__meta_kubernetes_pod_name"]
    target_label  = "pod"
  }

  rule {
    source_labels = ["__meta_kubernetes_pod_container_name"]
    target_label  = "container"
  }

  rule {
    source_labels = ["__meta_kubernetes_pod_node_name"]
    target_label  = "node"
  }

  // The first non-empty of: app.kubernetes.io/name, app, controller, pod.
  rule {
    source_labels = [
      "__meta_kubernetes_pod_label_app_kubernetes_io_name",
      "__meta_kubernetes_pod_label_app",
      "__meta_kubernetes_pod_controller_name",
      "__meta_kubernetes_pod_name",
    ]
    regex        = ";*([^;]+).*"
    target_label = "app"
  }

  // By namespace and name, not by uid: a static pod's directory carries another one.
  rule {
    source_labels = ["__meta_kubernetes_namespace", "__meta_kubernetes_pod_name"]
    separator     = "_"
    target_label  = "__tmp_pod_directory"
  }

  rule {
    source_labels = ["__tmp_pod_directory", "__meta_kubernetes_pod_container_name"]
    separator     = "_*/"
    replacement   = "/var/log/pods/$1/*.log"
    target_label  = "__path__"
  }
}

loki.source.file "pods" {
  targets    = discovery.relabel.pods.output
  forward_to = [loki.process.pods.receiver]

  file_match {
    enabled     = true
    sync_period = "10s"
  }
}

loki.process "pods" {
  forward_to = [loki.write.loki.receiver]

  // Takes off the CRI prefix, sets the timestamp and the label "stream".
  stage.cri { }

  stage.drop {
    older_than          = "${MAX_AGE}"
    drop_counter_reason = "too_old"
  }

  stage.drop {
    longer_than         = "${MAX_LINE}"
    drop_counter_reason = "line_too_long"
  }

  stage.match {
    selector            = "{container=~\\".+\\"} |~ \\"GET /(healthz|livez|readyz|-/ready|-/healthy)\\""
    action              = "drop"
    drop_counter_reason = "health_probe"
  }

  // Lines that aren't JSON pass unchanged.
  stage.json {
    expressions = {
      level    = "level || severity",
      trace_id = "trace_id || traceID",
    }
  }

  stage.structured_metadata {
    values = {
      level    = "",
      trace_id = "",
    }
  }

  stage.limit {
    rate          = ${alloy.rateLimit}
    burst         = ${alloy.rateLimit * BURST_SECONDS}
    drop          = true
    by_label_name = "pod"
  }

  // loki.source.file adds it; it would make a stream of every restart.
  stage.label_drop {
    values = ["filename"]
  }
}

loki.write "loki" {
  endpoint {
    url = "http://${loki.gateway.name}.${loki.gateway.namespace}.svc.cluster.local/loki/api/v1/push"
  }
}
`;
}

function dropRule(namespaces: readonly string[]): string {
  if (namespaces.length === 0) return '';
  return `
  rule {
    source_labels = ["__meta_kubernetes_namespace"]
    regex         = "${namespaces.join('|')}"
    action        = "drop"
  }
`;
}
