import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import type { Verification, VerifiedCheck } from '#model/verification.ts';
import { verificationText } from '#ui/verification.ts';

const why = { cause: ['retention is off', 'nobody\u001b[2J turned it on'], remedy: 'turn it on' };
const check = (id: string, state: VerifiedCheck['state'], rest: Partial<VerifiedCheck> = {}): VerifiedCheck => ({
  ...{ id, title: `Title of ${id}`, state, saw: `saw ${id}` },
  ...(state === 'met' ? {} : why),
  ...rest,
});

const SEEN: Verification = {
  observed_at: '2026-01-02T03:04:05.678Z',
  exit: 6,
  drift: [
    {
      ...{ phase: 2, objective: '2.1', kind: 'file', state: 'missing', what: 'apps/loki/ks.yaml' },
      by: 'Ada (abc: remove)',
      remedy: 'write it anew',
    },
    { ...{ phase: 2, objective: '2.1', kind: 'file', state: 'outdated', what: 'apps/loki/app/a.yaml' }, remedy: 'run phase 2' },
    {
      ...{ phase: 2, objective: '2.2', kind: 'object', state: 'changed', what: 'HelmRelease monitoring/loki', field: 'spec.values.a' },
      ...{ wanted: '1', found: '2', by: 'kubectl-edit', at: '2026-01-01T05:00:00Z', remedy: 'reconcile it' },
    },
    {
      ...{ phase: 2, objective: '2.2', kind: 'release', state: 'changed', what: 'Deployment monitoring/loki', field: 'spec.replicas' },
      ...{ found: '2', by: 'kubectl-\u001b[2Jscale', remedy: 'reconcile it' },
    },
  ],
  unseen: [{ phase: 2, objective: '2.3', saw: 'list of deployments could not be read', ...why }],
  regressions: [
    { phase: 2, objective: '2.1', check: 'b', title: 'Title of b', saw: 'saw b', ...why, held_at: '2026-01-01T00:00:00.000Z' },
    { phase: 2, objective: '2.2', check: 'b', title: 'Title of b', saw: 'saw b', ...why },
  ],
  phases: [
    {
      number: 2,
      name: 'Loki Deployment',
      objectives: [
        {
          id: '2.1',
          name: 'Core',
          status: 'regressed',
          checks: [check('a', 'met'), check('b', 'failed'), check('c', 'pending', { deferred: true })],
        },
        { id: '2.2', name: 'Monitoring', status: 'regressed', checks: [check('b', 'failed'), check('d', 'unknown'), check('e', 'stale')] },
        { id: '2.3', name: 'Airflow', status: 'skipped', reason: 'there is none here', checks: [] },
        { id: '2.4', name: 'Tuning', status: 'pending', checks: [check('f', 'pending'), check('g', 'failed')] },
      ],
    },
  ],
};

test('what is wrong comes first, each thing once, then the objectives, then one line', () => {
  expect(verificationText(SEEN, false)).toMatchSnapshot();
});

test('in 80 columns, without control characters, and in colours the same', () => {
  const plain = verificationText(SEEN, false);
  const table = plain.split('\n').slice(plain.split('\n').findIndex((line) => /^ +Phase /.test(line)));
  expect(table.length).toBeGreaterThan(5);
  expect(Math.max(...table.map((line) => line.length))).toBeLessThanOrEqual(80);
  expect(plain).not.toMatch(/\p{Cc}(?<!\n)/u);
  const coloured = verificationText(SEEN, true);
  expect(coloured).not.toBe(plain);
  expect(stripVTControlCharacters(coloured)).toBe(plain);
});

test('of what is well one line is enough', () => {
  const well = { id: '2.1', name: 'Core', status: 'completed' as const, checks: [check('a', 'met')] };
  const text = verificationText(
    { ...SEEN, exit: 0, regressions: [], drift: [], unseen: [], phases: [{ number: 2, name: 'Loki', objectives: [well] }] },
    false,
  );
  expect(text).toMatch(/^ +Phase/);
  expect(text).toMatch(/\nObserved 2026-01-02 03:04 UTC: 1 of 1 checks hold\nnothing regressed$/);
});
