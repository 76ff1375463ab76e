import type { Manifest } from '#model/kubernetes.ts';
import { specOf, type Tree } from '../tree.ts';
import { type Block, entriesIn, stringsIn } from './alloy-configuration.ts';
import { matches, parseQuery, passes } from './logql.ts';
import type { Labels } from './loki-state.ts';

/** A line on its way through the stages. */
export interface Passing {
  readonly at: string;
  readonly line: string;
  readonly labels: Labels;
  readonly metadata: Labels;
  /** What stages took out of the line. */
  readonly extracted: Labels;
}

/** The labels of a pod's container after the relabel rules, those of discovery among them; undefined when one of them drops it. */
export function relabel(rules: readonly Block[], pod: Manifest, container: string): Labels | undefined {
  let labels: Record<string, string> = discovered(pod, container);
  for (const { attributes } of rules) {
    const [separator = ';'] = stringsIn(attributes.separator);
    const [regex = '(.*)'] = stringsIn(attributes.regex);
    const [action = 'replace'] = stringsIn(attributes.action);
    const [target = ''] = stringsIn(attributes.target_label);
    const sources = stringsIn(attributes.source_labels).map((label) => labels[label] ?? '');
    const found = new RegExp(`^(?:${regex})$`).exec(sources.join(separator));
    if (found && action === 'drop') return undefined;
    const [replacement = '$1'] = stringsIn(attributes.replacement);
    // As Go expands it: a name is as long as it can be, so that "$1_$2" asks for a group "1_", which there is none of.
    if (found) labels = { ...labels, [target]: replacement.replaceAll(/\$(\w+)/g, (_, group) => found[group] ?? '') };
  }
  return labels;
}

/** Those that a stream gets. */
export function visibleLabels(labels: Labels): Labels {
  return Object.fromEntries(Object.entries(labels).filter(([label, value]) => !label.startsWith('__') && value !== ''));
}

/** The line after all stages; undefined when one of them dropped it. What they do to lines that nobody here writes is left out. */
export function runStages(stages: readonly Block[], given: Passing, mayPass: MayPass): Passing | undefined {
  let passing = given;
  for (const stage of stages) {
    if (stage.name === 'stage.match' && isDropped(stage, passing)) return undefined;
    if (stage.name === 'stage.limit' && !mayPass(stage, passing.labels)) return undefined;
    passing = STAGES[stage.name]?.(stage, passing) ?? passing;
  }
  return passing;
}

/** Whether a rate limit lets one more line with these labels pass. */
export type MayPass = (limit: Block, labels: Labels) => boolean;

const STAGES: Readonly<Record<string, (stage: Block, passing: Passing) => Passing>> = {
  'stage.cri': (_, { line, labels, ...passing }) => {
    const [, at = '', fraction = '', stream = '', text = ''] = /^(\S+)(\d{6})Z (\w+) F (.*)$/s.exec(line) ?? [];
    return { ...passing, at: `${Date.parse(`${at}Z`)}${fraction}`, line: text, labels: { ...labels, stream } };
  },
  'stage.json': ({ attributes }, passing) => {
    const fields = parseJson(passing.line);
    const found = entriesIn(attributes.expressions).flatMap(([name, path]) => {
      const key = path.split(' || ').find((each) => fields[each] !== undefined);
      return key === undefined ? [] : [[name, String(fields[key])]];
    });
    return { ...passing, extracted: Object.fromEntries(found) };
  },
  'stage.structured_metadata': ({ attributes }, passing) => {
    const names = entriesIn(attributes.values).map(([name]) => name);
    const metadata = Object.entries(passing.extracted).filter(([name]) => names.includes(name));
    return { ...passing, metadata: Object.fromEntries(metadata) };
  },
};

function isDropped({ attributes }: Block, { line, labels }: Passing): boolean {
  const { selector, stages } = parseQuery(stringsIn(attributes.selector)[0] ?? '');
  return selector.every((matcher) => matches(matcher, labels)) && stages.every((stage) => passes(stage, line, labels));
}

function discovered(pod: Manifest, container: string): Record<string, string> {
  const { namespace = '', name, labels = {}, ownerReferences } = pod.metadata;
  const named = Object.entries(labels).map(([label, value]) => [`__meta_kubernetes_pod_label_${label.replaceAll(/\W/g, '_')}`, value]);
  return {
    __meta_kubernetes_namespace: namespace,
    __meta_kubernetes_pod_name: name,
    __meta_kubernetes_pod_uid: pod.metadata.uid ?? '',
    __meta_kubernetes_pod_container_name: container,
    __meta_kubernetes_pod_node_name: specOf(pod).nodeName ?? '',
    __meta_kubernetes_pod_controller_name: (ownerReferences as Tree[] | undefined)?.[0]?.name ?? '',
    ...Object.fromEntries(named),
  };
}

function parseJson(line: string): Tree {
  // Most lines are none, and an error costs more than a look.
  if (!line.startsWith('{')) return {};
  try {
    return Object(JSON.parse(line));
  } catch {
    return {};
  }
}
