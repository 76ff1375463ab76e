import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { XMLParser } from 'fast-xml-parser';
import { describe, expect, it } from 'vitest';
import { bringIn } from '#commands/support/faults.ts';
import type { Drift, Verification } from '#model/verification.ts';
import type { EmbeddedCluster } from '#rehearsal/cluster.ts';
import { git, pushFiles } from '../adapters/support/git.ts';
import { withRehearsal } from './rehearsal.ts';
import { runCommand } from './run-command.ts';

describe('verify', () => {
  it('after a whole rollout: all holds and nothing is written; a fault is a regression that --record keeps', {
    timeout: 120_000,
  }, async () => {
    await withRehearsal(async (cluster) => {
      expect((await runCommand(['run', '--yes'])).exit).toBe(0);
      const goals = await readFile(join(cluster.checkout, 'goals/goals.json'), 'utf8');
      const writes = cluster.world.store.list('v1', 'ConfigMap', 'rehearsal').length;
      const well = await runCommand(['verify', '--no-color']);
      expect(well.exit, well.stdout).toBe(0);
      // Weeks passed on the rehearsal's clock since its probes were run.
      const stale = countOpen(well.stdout);
      expect(stale).toBeGreaterThan(0);
      expect(well.stdout).toContain(`\nnothing regressed, ${stale} not shown lately\n`);
      expect(await readFile(join(cluster.checkout, 'goals/goals.json'), 'utf8')).toBe(goals);
      expect(cluster.world.store.list('v1', 'ConfigMap', 'rehearsal')).toHaveLength(writes);
      const cases = casesOf((await runCommand(['verify', '-o', 'junit'])).stdout);
      expect(cases.filter((each) => 'failure' in each || 'error' in each)).toEqual([]);

      const probed = await runCommand(['verify', '--no-color', '--probe']);
      expect(probed.exit, probed.stdout + probed.stderr).toBe(0);
      expect(countOpen(probed.stdout)).toBe(0);
      expect(probed.stdout).toMatch(/\nnothing regressed\n$/);

      bringIn({ name: 'retention-off' }, cluster.world);
      const red = await runCommand(['verify', '--no-color', '--record', '--timeout', '10s']);
      expect(red.exit).toBe(6);
      expect(red.stdout).toMatch(
        /^Regressed\n {2}2\.1 Loki deletes what is older than 30d: a retention period is set, but nothing deletes \(held at /,
      );
      expect(red.stdout).toContain(
        'because the running configuration of monitoring/loki (GET /config) has compactor.retention_enabled: false',
      );
      expect(red.stdout).toMatch(/to fix it: /);
      expect(JSON.parse(await readFile(join(cluster.checkout, 'goals/goals.json'), 'utf8')).initiative.status).toBe('regressed');

      const seen: Verification = JSON.parse((await runCommand(['verify', '-o', 'json', '--timeout', '10s'])).stdout);
      expect(new Set(seen.regressions.map(({ check }) => check))).toEqual(new Set(['loki.retention-runs']));
      const failures = casesOf((await runCommand(['verify', '-o', 'junit', '--timeout', '10s'])).stdout).filter(
        (each) => 'failure' in each,
      );
      expect(failures.map((each) => each['@name'])).toContain('loki.retention-runs: Loki deletes what is older than 30d');
    });
  });

  it('tells what was changed by hand, in Git and in the cluster, by whom; and nothing once it is undone', {
    timeout: 120_000,
  }, async () => {
    await withRehearsal(async (cluster) => {
      expect((await runCommand(['run', '--yes', '--to', '4'])).exit).toBe(0);
      const drifted = async (): Promise<readonly Drift[]> =>
        JSON.parse((await runCommand(['verify', '-o', 'json', '--timeout', '1s'])).stdout).drift;
      expect(await drifted()).toEqual([]);

      await suspend(cluster, true);
      await patch(cluster, 'kubectl-scale', 'apis/apps/v1/namespaces/monitoring/deployments/loki-gateway', { spec: { replicas: 2 } });
      const dashboards = 'api/v1/namespaces/monitoring/configmaps/logs-volume-dashboard';
      await patch(cluster, 'kubectl-edit', dashboards, { metadata: { labels: { grafana_dashboard: 'no' } } });
      await editInGit(cluster, 'docs/logging/queries.md');
      const drift = await drifted();
      const suspended = { field: 'spec.suspend', found: 'true', by: 'flux' };
      expect(drift.map(({ what, field, found, by }) => ({ what, field, found, by }))).toEqual([
        { what: 'docs/logging/queries.md', by: expect.stringMatching(/^Ada Lovelace \([0-9a-f]{10}: by hand\)$/) },
        { what: 'Kustomization flux-system/loki', ...suspended },
        { what: 'HelmRelease monitoring/loki', ...suspended },
        { what: 'ConfigMap monitoring/logs-volume-dashboard', field: 'metadata.labels.grafana_dashboard', found: 'no', by: 'kubectl-edit' },
        { what: 'Deployment monitoring/loki-gateway', field: 'spec.replicas', found: '2', by: 'kubectl-scale' },
      ]);
      expect(drift.every(({ at }) => at !== undefined && !Number.isNaN(Date.parse(at)))).toBe(true);
      const { exit, stdout } = await runCommand(['verify', '--no-color', '--timeout', '1s']);
      expect(exit).toBe(6);
      expect(stdout).toContain(
        '2.1 Deployment monitoring/loki-gateway: spec.replicas is 2, which the release did not set; last set by kubectl-scale at ',
      );

      await suspend(cluster, false);
      expect((await runCommand(['phase', 'run', '4', '--yes', '--overwrite'])).exit).toBe(0);
      expect(await drifted()).toEqual([]);
    });
  });

  it('before any rollout nothing is a regression', async () => {
    await withRehearsal(async () => {
      const { exit, stdout } = await runCommand(['verify', '-o', 'json']);
      expect(JSON.parse(stdout)).toMatchObject({ regressions: [], exit });
      expect([5, 7]).toContain(exit);
    });
  });
});

describe('-o junit', () => {
  it('of a rehearsal has a testsuite a phase, a testcase a check, and nothing else on stdout', { timeout: 60_000 }, async () => {
    const { exit, stdout } = await runCommand(['rehearse', '--to', '2', '--fault', 'retention-off', '-o', 'junit']);
    expect(exit).toBe(1);
    const { testsuites } = parse(stdout);
    expect(testsuites.testsuite.map((suite: Json) => suite['@name'])).toEqual([
      'Phase 0: Readiness Assessment',
      'Phase 1: Infrastructure Preparation',
      'Phase 2: Loki Deployment',
    ]);
    const red = casesOf(stdout).filter((each) => 'failure' in each || 'error' in each);
    expect(red.map((each) => each['@name'])).toEqual(['loki.retention-runs: Loki deletes what is older than 30d']);
    expect(testsuites['@failures']).toBe('1');
  });
});

// biome-ignore lint/suspicious/noExplicitAny: XML of a known form
type Json = any;

function parse(xml: string): Json {
  return new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '@', isArray: (name) => /^test(suite|case)$/.test(name) }).parse(
    xml,
    true,
  );
}

function casesOf(xml: string): readonly Json[] {
  return parse(xml).testsuites.testsuite.flatMap((suite: Json) => suite.testcase ?? []);
}

function suspend(cluster: EmbeddedCluster, suspended: boolean): Promise<unknown> {
  return Promise.all([
    patch(cluster, 'flux', 'apis/kustomize.toolkit.fluxcd.io/v1/namespaces/flux-system/kustomizations/loki', {
      spec: { suspend: suspended },
    }),
    patch(cluster, 'flux', 'apis/helm.toolkit.fluxcd.io/v2/namespaces/monitoring/helmreleases/loki', { spec: { suspend: suspended } }),
  ]);
}

async function patch({ url }: EmbeddedCluster, manager: string, path: string, body: object): Promise<void> {
  const headers = { authorization: 'Bearer admin', 'content-type': 'application/merge-patch+json' };
  const answer = await fetch(`${url}/${path}?fieldManager=${manager}`, { method: 'PATCH', headers, body: JSON.stringify(body) });
  expect(answer.status).toBe(200);
}

async function editInGit({ checkout }: EmbeddedCluster, file: string): Promise<void> {
  git(checkout, 'config', 'user.name', 'Ada Lovelace');
  git(checkout, 'config', 'user.email', 'ada@example.org');
  git(checkout, 'pull', '--quiet', 'origin', 'main');
  await pushFiles(checkout, { [file]: 'mine\n' }, 'by hand');
}

/** How many checks don't hold, from "…: 87 of 92 checks hold". */
function countOpen(text: string): number {
  const [, met, all] = /: (\d+) of (\d+) checks hold$/m.exec(text) ?? [];
  return Number(all) - Number(met);
}
