import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Tree } from '#rehearsal/tree.ts';
import { git, pushFiles } from '../adapters/support/git.ts';
import { runProgram, serveRehearsal } from './program.ts';
import { scratchFolder } from './scratch.ts';

/** As a remedy says it: what is to be approved of which objective. */
const APPROVE = /^anton-logging approve (\S+) "([^"]+)" --by NAME --note TEXT$/;

const isApproval = ({ kind }: Tree): boolean => kind === 'approval';

test('from another process: init, a plan that a foreign commit outdates, a run to its gates, and to the end', {
  timeout: 180_000,
}, async () => {
  const { cwd, env, stop } = await serveRehearsal();
  // As anywhere else: nobody gives approvals, and time does not fly.
  const { ANTON_LOGGING_REHEARSAL: _, ...without } = env;
  const run = (...args: string[]) => runProgram(args, { cwd, env: without });
  /** Exit 3, and whatever is not completed waits for one of the gates that are named. */
  const expectGatesAlone = async (...args: string[]): Promise<readonly Tree[]> => {
    const { exitCode, stdout } = await run(...args, '--yes', '-o', 'ndjson');
    expect(exitCode, stdout.slice(-2000)).toBe(3);
    const events = stdout.split('\n').map((line): Tree => JSON.parse(line));
    const gates = events.filter(({ type }) => type === 'gate.waiting');
    const open = events.filter(({ type, state }) => type === 'objective.finished' && state !== 'completed');
    const named = new Set(gates.map(({ objective }) => `${objective} waiting`));
    expect(open.map(({ objective, state }) => `${objective} ${state}`)).toEqual([...named]);
    return gates;
  };
  const plan = join(await scratchFolder(), 'plan.json');

  await rm(join(cwd, 'goals'), { recursive: true });
  expect((await run('init')).exitCode).toBe(0);
  expect((await run('plan', '--out', plan)).exitCode).toBe(0);

  const hash = await commitElsewhere(cwd);
  const refused = await run('run', '--plan', plan, '--yes');
  expect(refused.exitCode).toBe(2);
  expect(refused.stderr).toContain(`commit ${hash.slice(0, 10)} by Ada Lovelace came to main: a note of mine`);
  expect(tipOf(cwd)).toBe(hash);

  expect((await run('plan', '--out', plan)).exitCode).toBe(0);
  const approved: string[] = [];
  let waiting = await expectGatesAlone('run', '--plan', plan);
  while (waiting.some(isApproval)) {
    for (const { remedy } of waiting.filter(isApproval)) {
      const [, objective = '', what = ''] = APPROVE.exec(remedy) ?? [];
      const { exitCode, stderr } = await run('approve', objective, what, '--by', 'Ada Lovelace', '--note', 'as agreed');
      expect(exitCode, stderr).toBe(0);
      approved.push(`${objective} ${what}`);
    }
    waiting = await expectGatesAlone('resume');
  }
  expect(approved).toEqual([
    '5.1 Removal of claim airflow/airflow-logs',
    '6.1 Documentation reviewed and approved',
    '6.2 Team training completed',
  ]);
  // What only time passes is left, and the rehearsal's clock is the one that may be moved.
  expect(waiting.map(({ gate }) => gate)).toEqual(['airflow.decommission-soak', 'handoff.stability']);
  const end = await runProgram(['resume', '--yes'], { cwd, env });
  expect(end.exitCode, end.stderr).toBe(0);
  expect(await stop()).toBe(0);
});

async function commitElsewhere(checkout: string): Promise<string> {
  const clone = join(await scratchFolder(), 'clone');
  git('.', 'clone', '--quiet', git(checkout, 'remote', 'get-url', 'origin').trim(), clone);
  git(clone, 'config', 'user.name', 'Ada Lovelace');
  git(clone, 'config', 'user.email', 'ada@example.org');
  await pushFiles(clone, { 'notes.md': 'mine\n' }, 'a note of mine');
  return tipOf(checkout);
}

function tipOf(checkout: string): string {
  return git(checkout, 'ls-remote', 'origin', 'refs/heads/main').slice(0, 40);
}
