import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { expect, onTestFinished, test } from 'vitest';
import { root } from '../cli/run-command.ts';
import { scratchFolder } from '../cli/scratch.ts';
import { findBlock } from './blocks.ts';

const isClone = existsSync(join(root, '.git'));

// "npm ci" alone is not done: it needs the network. Its outcome here is lent to the clone; a build server has just made it.
test.skipIf(!isClone)(
  `from a clone to a plan for a served cluster with README's words alone${isClone ? '' : ' (this is no clone)'}`,
  {
    timeout: 120_000,
  },
  async () => {
    const folder = await scratchFolder();
    const clone = join(folder, 'anton-logging');
    await execa('git', ['clone', '--quiet', root, clone]);
    await symlink(join(root, 'node_modules'), join(clone, 'node_modules'));
    const env = await surroundings(folder);
    const readme = join(clone, 'README.md');

    const lines = await serve(findBlock(readme, / --serve$/), clone, env);
    const commands = findBlock(readme, /^anton-logging init$/);
    const script = [
      'set -e',
      // As in a terminal.
      'shopt -s expand_aliases',
      ...findBlock(readme, /^alias anton-logging=/),
      ...lines,
      ...findBlock(readme, /^rm -r goals$/),
      ...commands.slice(0, commands.indexOf('anton-logging plan 1') + 1),
    ];
    const { stdout, stderr, exitCode } = await execa('bash', {
      cwd: clone,
      env,
      extendEnv: false,
      input: script.join('\n'),
      reject: false,
    });
    expect(exitCode, stderr).toBe(0);
    expect(script.at(-1)).toBe('anton-logging plan 1');
    expect(stdout).toContain('Written: goals/goals.json.');
    expect(stdout.slice(stdout.lastIndexOf('Phase 1'))).toContain('1.1');
  },
);

/** Of somebody who has nothing of ours yet. */
async function surroundings(folder: string): Promise<Record<string, string>> {
  const [HOME, TMPDIR] = [join(folder, 'home'), join(folder, 'tmp')];
  await Promise.all([mkdir(HOME), mkdir(TMPDIR)]);
  return { PATH: process.env.PATH ?? '', HOME, TMPDIR };
}

/** Runs README's command in a terminal of its own, and gives the lines that it prints to paste. */
async function serve(command: readonly string[], cwd: string, env: Record<string, string>): Promise<readonly string[]> {
  // In a group of its own, as a terminal has it: Ctrl-C reaches npm and the program.
  const terminal = spawn('bash', ['-c', command.join('\n')], { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
  const isOver = once(terminal, 'exit');
  onTestFinished(async () => {
    if (terminal.pid !== undefined && terminal.exitCode === null) process.kill(-terminal.pid, 'SIGINT');
    await isOver;
  });
  const lines: string[] = [];
  for await (const line of createInterface({ input: terminal.stdout })) {
    lines.push(line);
    if (line.startsWith('cd ')) break;
  }
  return lines.slice(-3);
}
