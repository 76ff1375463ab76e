import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { execa, type Options } from 'execa';
import { beforeAll, describe, expect, it } from 'vitest';
import { root } from './run-command.ts';
import { scratchFolder } from './scratch.ts';

const goals = join(root, 'goals/goals.json');

/** The built program as a user starts it; what `npm run build` made is tested. */
const run = (args: readonly string[], options: Pick<Options, 'cwd' | 'env' | 'input'> = {}) =>
  execa(process.execPath, [join(root, 'bin/run.js'), ...args], { reject: false, ...options });

beforeAll(() => {
  if (!existsSync(join(root, 'dist/main.js'))) throw new Error('dist/ is missing: npm run build');
});

describe('the program', () => {
  it('says its version before anything is loaded', async () => {
    const { stdout, exitCode } = await run(['--version']);
    expect(stdout).toMatch(/^anton-logging \d+\.\d+\.\d+$/);
    expect(exitCode).toBe(0);
  });

  it('exits with the code of the error and keeps stdout clean', async () => {
    const { stdout, stderr, exitCode } = await run(['phase', 'run', '99', '--goals', goals]);
    expect(stderr).toContain('Error: there is no phase "99"');
    expect(stdout).toBe('');
    expect(exitCode).toBe(2);
  });

  it('does not mind a reader that goes away', async () => {
    const command = `${process.execPath} ${join(root, 'bin/run.js')} goals schema | head -1; exit $PIPESTATUS`;
    const { stderr, stdout, exitCode } = await execa(command, { shell: '/bin/bash', reject: false });
    expect({ stderr, stdout, exitCode }).toEqual({ stderr: '', stdout: '{', exitCode: 0 });
  });

  it('does not load what talks to a cluster for status --offline', async () => {
    const { stderr } = await run(['status', '--offline', '--goals', goals], { env: { NODE_DEBUG: 'esm' } });
    expect(stderr).toContain('dist/commands/status.js');
    expect(stderr).not.toMatch(/dist\/chunks\/(wire|run-rollout|config|undici|execa)-/);
  });

  it('asks nobody without a terminal: --yes is needed to write', async () => {
    const { cwd, env, stop } = await serveRehearsal();
    const { ANTON_LOGGING_REHEARSAL: _, ...real } = env;
    const { stderr, exitCode } = await run(['phase', 'run', '1'], { cwd, env: real, input: '' });
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

/** `rehearse --serve` in a process of its own, and the surroundings that it prints for other commands. */
async function serveRehearsal() {
  const env = { XDG_STATE_HOME: await scratchFolder(), TMPDIR: await scratchFolder() };
  const server = run(['rehearse', '--serve', '--goals', goals], { env });
  const lines: string[] = [];
  for await (const line of createInterface({ input: server.stdout as Readable })) {
    lines.push(line);
    if (line.startsWith('cd ')) break;
  }
  const variable = (name: string): string => lines.find((line) => line.startsWith(`export ${name}=`))?.split('=')[1] ?? '';
  return {
    cwd: lines.at(-1)?.slice(3) ?? '',
    env: { ...env, KUBECONFIG: variable('KUBECONFIG'), ANTON_LOGGING_REHEARSAL: variable('ANTON_LOGGING_REHEARSAL') },
    async stop(): Promise<number | undefined> {
      server.kill('SIGINT');
      return (await server).exitCode;
    },
  };
}
