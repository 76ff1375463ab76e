import { expect, test } from 'vitest';
import { bringIn } from '#commands/support/faults.ts';
import { FAULTS } from '#rehearsal/faults/index.ts';
import { withRehearsal } from '../cli/rehearsal.ts';
import { runEvents } from '../cli/run-command.ts';
import { expectOnPage, readSections } from './failure-page.ts';

/** Of the faults, those whose failures the page tells. */
const TOLD: Readonly<Record<string, string>> = {
  'oom-loop': 'Loki is killed for want of memory',
  'gateway-404': 'The gateway has no route for push and queries',
  'retention-off': 'All is green, and nothing is ever deleted',
  'psa-blocks-hostpath': 'Pod security refuses what reads the nodes’ logs',
  'no-memcached': 'Loki runs, and has no caches',
  'two-defaults': 'Grafana has two default datasources',
};

test.each(Object.entries(TOLD))('%s', { timeout: 60_000 }, async (name, title) => {
  const fault = FAULTS.find((each) => each.name === name);
  await withRehearsal(async ({ world }) => {
    bringIn({ name }, world);
    const typed = ['run', '--to', String(fault?.phase)];
    const { events } = await runEvents([...typed, '--yes']);
    expectOnPage({ title, cluster: 'embedded', command: `anton-logging ${typed.join(' ')}`, events });
  });
});

test('it tells ten, four of them from the real cluster', () => {
  const sections = [...readSections().values()];
  expect(sections.length).toBeGreaterThanOrEqual(10);
  expect(sections.filter((text) => text.startsWith('On the real cluster')).length).toBeGreaterThanOrEqual(4);
});
