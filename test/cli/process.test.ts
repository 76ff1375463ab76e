import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, it } from 'vitest';
import { runProgram, serveRehearsal } from './program.ts';
import { root } from './run-command.ts';

const goals = join(root, 'goals/goals.json');

beforeAll(() => {
  if (!existsSync(join(root, 'dist/main.js'))) throw new Error('dist/ is missing: npm run build');
});

describe('the program', () => {
  it('says its version before anything is loaded', async () => {
    const { stdout, exitCode } = await runProgram(['--version']);
    expect(stdout).toMatch(/^anton-logging \d+\.\d+\.\d+$/);
    expect(exitCode).toBe(0);
  });

  it('exits with the code of the error and keeps stdout clean', async () => {
    const { stdout, stderr, exitCode } = await runProgram(['phase', 'run', '99', '--goals', goals]);
    expect(stderr).toContain('Error: there is no phase "99"');
    expect(stdout).toBe('');
    expect(exitCode).toBe(2);
  });

  it('leaves stdin to whom it is meant for: it holds no arguments', async () => {
    const { stdout, exitCode } = await runProgram(['goals', 'validate', '--goals', goals], { input: 'another.json\n' });
    expect(stdout).toContain(goals);
    expect(exitCode).toBe(0);
  });

  it('does not mind a reader that goes away', async () => {
    const command = `${process.execPath} ${join(root, 'bin/run.js')} goals schema | head -1; exit $PIPESTATUS`;
    const { stderr, stdout, exitCode } = await execa(command, { shell: '/bin/bash', reject: false });
    expect({ stderr, stdout, exitCode }).toEqual({ stderr: '', stdout: '{', exitCode: 0 });
  });

  it('does not load what talks to a cluster for status --offline', async () => {
    const { stderr } = await runProgram(['status', '--offline', '--goals', goals], { env: { NODE_DEBUG: 'esm' } });
    expect(stderr).toContain('dist/commands/status.js');
    expect(stderr).not.toMatch(/dist\/chunks\/(wire|run-rollout|config|undici|execa)-/);
  });

  it('asks nobody without a terminal: --yes is needed to write', async () => {
    const { cwd, env, stop } = await serveRehearsal();
    const { ANTON_LOGGING_REHEARSAL: _, ...real } = env;
    const { stderr, exitCode } = await runProgram(['phase', 'run', '1'], { cwd, env: real, input: '' });
    expect(stderr).toContain('Error: nobody can be asked whether to write there');
    expect(stderr).toContain('say --yes');
    expect(exitCode).toBe(2);
    await stop();
  });

  it('ends a served rehearsal on Ctrl-C', async () => {
    const { stop } = await serveRehearsal();
    expect(await stop()).toBe(0);
  });
});
