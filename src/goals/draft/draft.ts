import type { Survey, SurveyedCluster } from '#model/survey.ts';
import template from '../../../goals/goals.json' with { type: 'json' };
import { draftAirflow } from './airflow.ts';
import { draftCharts } from './charts.ts';
import { type Finding, found, guessed, pathOf, USUAL_NAMES } from './finding.ts';
import { draftGitOps, fluxNamespace } from './gitops.ts';
import { chooseGrafana, choosePrometheus, draftGrafana, draftPrometheus } from './monitoring.ts';
import { draftSizing } from './sizing.ts';
import { draftStorage, draftVolumeClass } from './storage.ts';

export interface Draft {
  /** Of a goals file. */
  readonly text: string;
  /** Every setting in it, in the file's order. */
  readonly findings: readonly Finding[];
}

/**
 * Goals for what was seen: the phases of ours, and an environment that fits. What is not there is null, so that it is skipped.
 * @throws UserError (exit 5) where nothing can be rolled out: Flux follows no Git repository, or the checkout has no remote
 */
export function draftGoals(survey: Survey): Draft {
  const { cluster } = survey;
  const namespace = draftNamespace(cluster);
  const name = String(namespace.value);
  const findings = [
    ...draftGitOps(survey, name),
    ...draftStorage(survey),
    namespace,
    { ...namespace, pointer: '/environment/alloy/namespace', from: 'with Loki' },
    ...draftCharts(cluster),
    draftVolumeClass(cluster),
    ...draftSizing(cluster),
    ...draftPrometheus(survey),
    ...draftGrafana(survey),
    ...draftAirflow(survey, fluxNamespace(survey).value),
  ];
  const all = [...findings, ...draftArchive(findings)];
  const goals = { $schema: './goals.schema.json', ...template, ...wordFor(all), environment: assemble(all) };
  return { text: `${JSON.stringify(goals, undefined, 2)}\n`, findings: all };
}

/** Where Loki and Alloy go: beside what watches them. Nothing of ours makes a namespace. */
function draftNamespace(cluster: SurveyedCluster): Finding {
  const pointer = '/loki/namespace';
  const isThere = (name: string) => cluster.namespaces.some((each) => each.name === name);
  const loki = cluster.helmReleases?.find(({ chart }) => chart === 'loki');
  if (loki !== undefined) return found(pointer, loki.targetNamespace, `HelmRelease ${pathOf(loki)} installs the chart loki there`);
  const neighbour = choosePrometheus(cluster)?.chosen ?? chooseGrafana(cluster)?.chosen;
  if (neighbour !== undefined) {
    const { namespace } = neighbour;
    return found(pointer, namespace, `beside ${pathOf(neighbour)}`, admission(cluster, namespace));
  }
  const usual = USUAL_NAMES.find(isThere);
  if (usual !== undefined) return guessed(pointer, usual, 'a usual name, and the namespace is there', admission(cluster, usual));
  return guessed(pointer, 'monitoring', 'there is neither Prometheus nor Grafana to go beside', 'make the namespace through Git');
}

/** Alloy reads the node's files, which only a namespace without a stricter level allows. */
function admission({ namespaces }: SurveyedCluster, name: string): string | undefined {
  const label = 'pod-security.kubernetes.io/enforce';
  const level = namespaces.find((each) => each.name === name)?.labels[label] ?? 'privileged';
  return level === 'privileged'
    ? undefined
    : `label namespace ${name} in Git: ${label}: privileged (it is ${level}, which refuses Alloy's host paths)`;
}

/** A claimed bucket brings its Secret along; any other has to be made, like Loki's own. */
function draftArchive(findings: readonly Finding[]): readonly Finding[] {
  const valueAt = (pointer: string) => findings.find((each) => each.pointer === `/environment${pointer}`)?.value;
  const namespace = valueAt('/airflow/namespace');
  if (namespace === undefined || valueAt('/storage/bucket/from') !== 'existing') return [];
  const remedy = `make bucket airflow-logs, and in namespace ${namespace} the Secret airflow-logs with the keys access_key_id and secret_access_key`;
  return ['bucket', 'secret'].map((what) => guessed(`/airflow/archive/${what}`, 'airflow-logs', 'a name of ours', remedy));
}

/** Our own goals are written for Rook and Airflow: elsewhere in words that fit there, and without a trigger that could never be met. */
const WITHOUT_ROOK: Readonly<Record<string, string>> = {
  'Ceph S3 storage is operational': 'S3 storage is operational',
  'Ceph S3 storage availability confirmed': 'Object storage availability confirmed',
  'Ceph S3 backend chosen over filesystem': 'S3 backend chosen over filesystem',
  'Create ObjectBucketClaim for Loki': 'Bucket for Loki',
  'Configure S3 credentials via External Secrets': 'S3 credentials for Loki',
};

function wordFor(findings: readonly Finding[]): Pick<typeof template, 'initiative' | 'phases'> {
  const lacks = (what: string) => findings.some(({ pointer, value }) => pointer === `/environment/${what}` && value === null);
  const words = (texts: readonly string[]) => texts.map((text) => (lacks('storage/rook') ? (WITHOUT_ROOK[text] ?? text) : text));
  const { initiative, phases } = template;
  const { trigger_conditions: triggers } = initiative;
  const conditions = words(triggers.conditions).filter((condition) => !(lacks('airflow') && condition.startsWith('Airflow')));
  return {
    initiative: { ...initiative, trigger_conditions: { ...triggers, conditions } },
    phases: phases.map((phase) => ({
      ...phase,
      objectives: phase.objectives.map((objective) => ({ ...objective, deliverables: words(objective.deliverables) })),
    })) as typeof phases,
  };
}

/** One object out of settings by their pointers. */
function assemble(findings: readonly Finding[]): Record<string, unknown> {
  const environment: Record<string, unknown> = {};
  for (const { pointer, value } of findings) {
    const steps = pointer.split('/').slice(2);
    let inner = environment;
    for (const step of steps.slice(0, -1)) {
      inner[step] ??= {};
      inner = inner[step] as Record<string, unknown>;
    }
    inner[steps.at(-1) ?? ''] = value;
  }
  return environment;
}
