import { expect, test } from 'vitest';
import { describeDeclared } from '#engine/declared.ts';

test('what goals declare, by pointer, without progress', () => {
  const goals = {
    initiative: { name: 'Logging', status: 'pending' },
    phases: [{ id: 'phase-0', status: 'completed', objectives: [{ id: '0.1', status: 'completed', evidence: { run: 'x' } }] }],
    environment: { loki: { retention: '30d', 'a/b': [] } },
  };
  const shown = Object.entries(describeDeclared(goals)).map(([pointer, value]) => `${pointer}: ${value.shown}`);
  expect(shown).toEqual([
    '/initiative/name: Logging',
    '/phases/0/id: phase-0',
    '/phases/0/objectives/0/id: 0.1',
    '/environment/loki/retention: 30d',
    '/environment/loki/a~1b: []',
  ]);
});

test('credentials in free values are compared and not shown', () => {
  const withSecret = (secret: string) => ({
    environment: {
      loki: {
        values: { auth: { password: { plain: secret } }, s3: { accessKeyId: secret }, env: [{ name: 'DB_PASSWORD', value: secret }] },
      },
    },
  });
  const [one, other] = [describeDeclared(withSecret('hunter2')), describeDeclared(withSecret('hunter3'))];
  expect(JSON.stringify(one)).not.toContain('hunter2');
  const moved = Object.keys(one).filter((pointer) => one[pointer]?.digest !== other[pointer]?.digest);
  expect(moved).toEqual([
    '/environment/loki/values/auth/password/plain',
    '/environment/loki/values/s3/accessKeyId',
    '/environment/loki/values/env/0/value',
  ]);
});
