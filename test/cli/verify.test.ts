import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { XMLParser } from 'fast-xml-parser';
import { describe, expect, it } from 'vitest';
import type { Verification } from '#model/verification.ts';
import type { EmbeddedCluster } from '#rehearsal/cluster.ts';
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
      expect(well.stdout).toMatch(/: 68 of 73 checks hold\nnothing regressed, 5 not shown lately$/m);
      expect(await readFile(join(cluster.checkout, 'goals/goals.json'), 'utf8')).toBe(goals);
      expect(cluster.world.store.list('v1', 'ConfigMap', 'rehearsal')).toHaveLength(writes);
      const cases = casesOf((await runCommand(['verify', '-o', 'junit'])).stdout);
      expect(cases.filter((each) => 'failure' in each || 'error' in each)).toEqual([]);

      const probed = await runCommand(['verify', '--no-color', '--probe']);
      expect(probed.exit, probed.stdout + probed.stderr).toBe(0);
      expect(probed.stdout).toMatch(/: 73 of 73 checks hold\nnothing regressed$/m);

      bringIn('retention-off', cluster);
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

function bringIn(name: string, { world }: EmbeddedCluster): void {
  world.store.put({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `fault-${name}`, namespace: 'rehearsal' } });
}
