import { describe, expect, it } from 'vitest';
import { diagnosisPermissionsOf, permissionsOf } from '#engine/permissions.ts';
import { type Check, isGate, isProbe, type Probe } from '#model/check.ts';
import type { Permission } from '#model/kubernetes.ts';
import type { Reads } from '#model/read.ts';
import phases from '#phases/index.ts';
import { metricsFor } from '#phases/metrics.ts';
import { triggersFor } from '#phases/triggers.ts';
import tables from '../checks/tables/index.ts';
import measurements from '../checks/tables/measurements.ts';
import { ENVIRONMENTS } from './environments.ts';
import { judgedIn, objectivesOf, readsOf, validationsOf } from './steps.ts';

describe.each(Object.entries(ENVIRONMENTS))('%s', (_, environment) => {
  const bodies = phases.map((phase) => ({ number: phase.number, ...phase.for(environment) }));
  const objectives = objectivesOf(environment);
  const preconditions = bodies.flatMap((body) => body.preconditions);
  const judged = [...preconditions, ...objectives.flatMap(judgedIn)];

  it('has seven phases, each objective and deliverable once', () => {
    expect(bodies.map(({ number }) => number)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    const ids = bodies.flatMap((body) => body.objectives.map(({ id }) => id));
    expect(new Set(ids).size).toBe(ids.length);
    for (const { deliverables } of objectives) expect(new Set(deliverables.map(({ title }) => title)).size).toBe(deliverables.length);
  });

  it('shows each deliverable by something, or says why it does not apply', () => {
    const bare = objectives.flatMap(({ id, deliverables }) =>
      deliverables
        .filter(({ skipped, validations }) => skipped === undefined && validations.length === 0)
        .map(({ title }) => `${id} ${title}`),
    );
    expect(bare).toEqual([]);
  });

  it('gives equal ids to equal checks only', () => {
    const known = new Map<string, unknown>();
    for (const one of judged) {
      const meaning = { title: one.title, reads: Object.entries(readsOf(one) as Reads).map(([name, { request }]) => [name, request]) };
      expect(meaning, one.id).toEqual(known.get(one.id) ?? meaning);
      known.set(one.id, meaning);
    }
  });

  it('judges no gate twice in an objective', () => {
    for (const objective of objectives) {
      const gates = validationsOf(objective)
        .filter(isGate)
        .map(({ id }) => id);
      expect(new Set(gates).size, objective.id).toBe(gates.length);
    }
  });

  it('waits only for checks of the same objective or of an earlier one', () => {
    const known = new Set(preconditions.map(({ id }) => id));
    for (const objective of objectives) {
      const all = judgedIn(objective);
      for (const { id } of all) known.add(id);
      const unknown = all.filter((one): one is Check => !isProbe(one)).flatMap(({ after = [] }) => after.filter((id) => !known.has(id)));
      expect(unknown, objective.id).toEqual([]);
    }
  });

  it('has a table of what each metric comes to', () => {
    const tried = new Set(measurements.map(({ measurement }) => measurement.measure.toString()));
    const untried = metricsFor(environment).filter(
      ({ measurement }) => measurement !== undefined && !tried.has(measurement.measure.toString()),
    );
    expect(untried.map(({ id }) => id)).toEqual([]);
  });

  it('has a table of verdicts for each check, in phases and triggers', () => {
    const others = triggersFor(environment).flatMap(({ check }) => (check === undefined ? [] : [check]));
    const tried = new Set(tables.map(({ check }) => check.judge.toString()));
    const untried = [...judged, ...others].filter((one) => !tried.has((isProbe(one) ? one.with('mark') : one).judge.toString()));
    expect([...new Set(untried.map(({ id }) => id))]).toEqual([]);
  });

  it.each(bodies)('asks for no more than it needs in phase $number', (body) => {
    expect(permissionsOf(body).filter(isTooMuch)).toEqual([]);
  });

  it('only reads in phase 0', () => {
    const [readiness] = bodies;
    expect(readiness?.objectives.flatMap(({ steps = [] }) => steps)).toEqual([]);
    expect(permissionsOf(readiness as (typeof bodies)[0]).filter(({ verb }) => !['get', 'list', 'watch'].includes(verb))).toEqual([]);
  });
});

/** Any Secret, any service, any kubelet, anything at all. */
function isTooMuch({ verb, group, resource, namespace, name }: Permission): boolean {
  if ([verb, group, resource, namespace, name].some((part) => part?.includes('*'))) return true;
  if (resource === 'secrets') return verb !== 'get' || namespace === undefined || name === undefined;
  // Pods have names that nobody knows beforehand: their logs are read by name, and those of one namespace are asked.
  if (resource === 'pods/log' && verb === 'get') return false;
  if (resource === 'pods/proxy' && verb === 'get') return namespace === undefined;
  if (!['list', 'watch', 'create'].includes(verb) && name === undefined) return true;
  if (resource === 'services/proxy') return namespace === undefined || name === undefined;
  if (['get', 'list', 'watch'].includes(verb)) return resource === 'nodes/proxy';
  return namespace === undefined || resource.startsWith('nodes');
}

it.each([
  ['homelab', '2970Mi'],
  ['other names', '3853Mi'],
] as const)('asks for room for Loki, its caches and the rest: %s', (name, memory) => {
  const titles = objectivesOf(ENVIRONMENTS[name])
    .flatMap(judgedIn)
    .map(({ title }) => title);
  expect(titles).toContain(`There is room for 1 CPU and ${memory} memory`);
});

describe('where the cause of a red check is looked for', () => {
  const namesIn = (name: keyof typeof ENVIRONMENTS) => {
    const checks = objectivesOf(ENVIRONMENTS[name]).flatMap(judgedIn);
    const reads = (check: Check | Probe) => Object.values((check.diagnosis?.reads ?? {}) as Reads).map(({ subject }) => subject);
    return new Map(checks.map((check) => [check.id, reads(check)]));
  };
  const all = namesIn('homelab');

  it.each([
    ['flux.loki-storage-applied', 'Kustomization flux-system/loki-storage'],
    ['flux.airflow-applied', 'Kustomization flux-system/airflow'],
    ['flux.loki-chart-served', 'HelmChart monitoring/loki'],
    ['flux.alloy-charts-fetched', 'HelmRepository monitoring/grafana'],
    ['s3.secret-complete', 'ExternalSecret monitoring/loki-s3-credentials'],
    ['loki.release-ready', 'HelmRelease monitoring/loki'],
    ['loki.ready', 'pods in monitoring'],
    ['loki.line-returns', 'pods in monitoring'],
    ['alloy.release-ready', 'HelmRelease monitoring/alloy'],
    ['logs.coverage', 'Kustomization flux-system/alloy'],
    ['airflow.archive-complete', 'pods in airflow'],
  ])('%s: %s', (id, subject) => expect(all.get(id)).toContain(subject));

  it('nowhere else', () => {
    expect(all.get('cluster.nodes-ready')).toEqual([]);
    expect(namesIn('existing bucket and Secret').get('s3.secret-complete')).toEqual([]);
  });

  it('needs nothing but to look', () => {
    const wanted = phases.flatMap((phase) => diagnosisPermissionsOf(phase.for(ENVIRONMENTS.homelab)));
    expect(wanted).toContainEqual({ verb: 'get', group: '', resource: 'pods/log', namespace: 'monitoring' });
    expect(wanted.filter(({ verb, resource }) => !['get', 'list'].includes(verb) || resource === 'secrets')).toEqual([]);
  });
});

describe('what a cluster does not have is skipped with its reason', () => {
  it.each([
    [
      'no Grafana',
      [
        '0.1 Grafana confirmed',
        '2.2 Import Loki dashboards',
        '4.1 Configure Loki data source',
        '4.1 Import log dashboards',
        '4.1 Set up explore shortcuts',
      ],
    ],
    [
      'no Prometheus',
      ['0.1 Prometheus confirmed', '2.2 Enable ServiceMonitor for metrics', '2.2 Configure alerting rules', '6.2 Stability monitoring'],
    ],
    ['no Rook', []],
    ['no Airflow', ['6.2 Cost analysis vs PVC storage']],
    ['homelab', []],
  ] as const)('%s', (name, skipped) => {
    const found = objectivesOf(ENVIRONMENTS[name]).flatMap(({ id, deliverables }) =>
      deliverables.filter((one) => one.skipped !== undefined).map(({ title }) => `${id} ${title}`),
    );
    expect(found).toEqual(skipped);
  });

  it('without Airflow there is nothing to migrate', () => {
    const migration = phases[5]?.for(ENVIRONMENTS['no Airflow']).objectives[0];
    expect(migration).toMatchObject({ id: '5.1', skipped: 'there is no Airflow here', deliverables: [] });
  });
});

describe('what still shows the settings of before is not judged until Flux, Helm and the workload have come to the new ones', () => {
  it.each([
    ['2.1', ['loki.retention-runs', 'loki.ready', 'loki.rolled-out', 'loki.release-ready', 'flux.loki-applied']],
    ['2.1', ['loki.storage-is-s3', 'loki.ready', 'loki.rolled-out']],
    ['2.1', ['loki.limits-set', 'loki.rolled-out']],
    ['3.1', ['alloy.every-pod-loaded', 'alloy.on-every-node', 'alloy.release-ready', 'flux.alloy-applied']],
  ] as const)('%s %j', (id, chain) => {
    const validations = objectivesOf(ENVIRONMENTS.homelab)
      .filter((one) => one.id === id)
      .flatMap(validationsOf);
    for (const [index, first] of chain.slice(1).entries()) {
      const check = validations.find((one): one is Check => one.id === chain[index] && !isGate(one) && !isProbe(one));
      expect(check?.after).toContain(first);
    }
  });
});
