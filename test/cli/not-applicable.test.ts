import { describe, expect, test } from 'vitest';
import type { Settings } from '#goals/settings.ts';
import type { StatusReport } from '#model/status.ts';
import type { EmbeddedCluster } from '#rehearsal/cluster.ts';
import { keepPage, Section } from './page.ts';
import { withRehearsal } from './rehearsal.ts';
import { runCommand } from './run-command.ts';
import { goalsWith, removeKinds, removeRook, serveMinio } from './surroundings.ts';

interface Case {
  readonly name: string;
  /** What the goals say of the cluster. */
  readonly environment: Settings;
  /** Makes the cluster such a one. */
  readonly arrange?: (cluster: EmbeddedCluster) => void;
  /** What is done instead. */
  readonly told?: RegExp;
  /** What does not apply then, as status has it. */
  readonly skipped: readonly string[];
}

const NO_AIRFLOW = ['5.1 Airflow Migration', '6.2 Cost analysis vs PVC storage'];
const NO_GRAFANA = [
  '0.1 Grafana already deployed',
  '2.2 Import Loki dashboards',
  '4.1 Configure Loki data source',
  '4.1 Import log dashboards',
  '4.1 Set up explore shortcuts',
];
const NO_PROMETHEUS = [
  '0.1 Prometheus confirmed',
  '2.2 Enable ServiceMonitor for metrics',
  '2.2 Configure alerting rules',
  '6.2 7-day stability monitoring',
];
const EXISTING: Settings = { storage: { rook: null, endpoint: 'http://minio.storage.svc:9000', bucket: { from: 'existing' } } };

const CASES: readonly Case[] = [
  { name: 'no Airflow', environment: { airflow: null }, skipped: NO_AIRFLOW },
  { name: 'no Grafana', environment: { grafana: null }, skipped: NO_GRAFANA },
  { name: 'no Prometheus', environment: { prometheus: null }, skipped: NO_PROMETHEUS },
  {
    name: "no External Secrets: the claim's own Secret",
    environment: { externalSecrets: null },
    told: /1\.1 met .*(Secret|Bucket)/,
    skipped: [],
  },
  {
    name: 'no Rook: a bucket and a Secret that are there, in MinIO',
    environment: EXISTING,
    arrange: useMinio,
    told: /answers as an S3 endpoint|1\.1 met .*(Secret|Bucket)/,
    skipped: [],
  },
  {
    name: 'none of them',
    environment: { airflow: null, grafana: null, prometheus: null, externalSecrets: null, ...EXISTING },
    arrange: useMinio,
    skipped: [...NO_AIRFLOW, ...NO_GRAFANA, ...NO_PROMETHEUS],
  },
];

/** The goals name what is not there: the homelab's own names are left out of them. */
const ABSENT: readonly (Pick<Case, 'name' | 'environment' | 'arrange'> & { /** What it writes of it. */ readonly init: RegExp })[] = [
  { name: 'goals with an Airflow that is not there', environment: { airflow: { namespace: 'workflows' } }, init: /airflow\/namespace/ },
  {
    name: 'goals with a Grafana that is not there',
    environment: { grafana: { service: 'monitoring/grafana:80' } },
    init: /grafana\/service/,
  },
  {
    name: 'goals with a Prometheus that is not there',
    environment: { prometheus: { service: 'metrics/prometheus:9090' } },
    init: /prometheus\/service/,
  },
  {
    name: 'goals with a Prometheus, and no operator of it',
    environment: {},
    arrange: ({ world }) => removeKinds(world, 'prometheuses.monitoring.coreos.com', 'servicemonitors.monitoring.coreos.com'),
    init: /null/,
  },
  {
    name: 'goals with External Secrets, which is not there',
    environment: {},
    arrange: ({ world }) => removeKinds(world, 'secretstores.external-secrets.io', 'externalsecrets.external-secrets.io'),
    init: /null/,
  },
  { name: 'goals with Rook, which is not there', environment: {}, arrange: ({ world }) => removeRook(world), init: /null/ },
];

describe('what a cluster does not have is skipped with its reason, and counts as satisfied', () => {
  const sections: Section[] = [];

  test.each(CASES)('$name', { timeout: 60_000 }, async ({ name, environment, arrange, told, skipped }) => {
    const section = new Section(name, `\`environment\`: \`${JSON.stringify(environment)}\``);
    sections.push(section);
    await withRehearsal(
      async (cluster) => {
        arrange?.(cluster);
        const about = new RegExp(`skipped (?!remove|dry run)|: skipped|^Not applicable${told === undefined ? '' : `|${told.source}`}`);
        expect(await section.show(['doctor'], about)).toMatchObject({ exit: 0 });
        expect(await section.show(['plan'], about)).toMatchObject({ exit: 0 });
        expect(await section.show(['run', '--yes'], about)).toMatchObject({ exit: 0 });
        expect(await section.show(['status'], /deliverables|^ {2}\d .*%|^Not applicable|^ {2}there|^ {4}\d/)).toMatchObject({ exit: 0 });
        const report: StatusReport = JSON.parse((await runCommand(['status', '-o', 'json'])).stdout);
        expect(report.initiative).toMatchObject({ status: 'completed', progress: { percent: 100 } });
        expect(skippedIn(report).toSorted()).toEqual(skipped.toSorted());
        expect((await runCommand(['plan'])).stdout).toContain('Nothing to do');
      },
      await goalsWith(environment),
    );
  });

  test.each(ABSENT)('$name', { timeout: 60_000 }, async ({ name, environment, init, arrange }) => {
    const section = new Section(name, `\`environment\`: \`${JSON.stringify(environment)}\``);
    sections.push(section);
    await withRehearsal(
      async (cluster) => {
        arrange?.(cluster);
        expect(await section.show(['init', '--goals', 'drafted.json'], init)).toMatchObject({ exit: 0 });
        expect(await section.show(['doctor'], /^ {2}(failed|pending|unknown)|^ {6,}/)).toMatchObject({ exit: 5 });
        expect(await section.show(['run', '--yes', '--timeout', '2s'], /^(failed|refused|unknown|To go on)/)).toMatchObject({ exit: 1 });
      },
      await goalsWith(environment),
    );
  });

  test('the page of what is told', () => keepPage('not-applicable', 'What a cluster does not have', sections));
});

/** Each has a reason. */
function skippedIn({ phases }: StatusReport): readonly string[] {
  return phases
    .flatMap(({ objectives }) => objectives)
    .flatMap(({ id, name, status, reason, deliverables }) => {
      if (status === 'skipped') return reason === undefined ? [] : [`${id} ${name}`];
      return deliverables.flatMap((each) => (each.status === 'skipped' && each.reason !== undefined ? [`${id} ${each.title}`] : []));
    });
}

function useMinio({ world }: EmbeddedCluster): void {
  removeRook(world);
  serveMinio(world);
}
