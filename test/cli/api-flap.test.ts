import { expect, test } from 'vitest';
import { runEvents } from './run-command.ts';

test('an API server that is down for a while is waited for: nothing is called failed, and all is done in the end', {
  timeout: 30_000,
}, async () => {
  const { exit, events } = await runEvents(['rehearse', '--fault', 'api-flap', '--to', '2']);
  const states = events.filter(({ type }) => type === 'check.judged').map(({ state }) => state);
  expect(exit).toBe(0);
  expect(events.at(-1)).toMatchObject({ type: 'run.finished', state: 'completed' });
  // It was felt.
  expect(states).toContain('unknown');
  expect(states).not.toContain('failed');
  expect(events.map(({ type }) => type)).not.toContain('change.failed');
});
