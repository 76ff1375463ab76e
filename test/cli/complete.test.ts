import { execa } from 'execa';
import { describe, expect, it, vi } from 'vitest';
import { runCommand } from './run-command.ts';

/** What a shell is offered after these words; the last one is still being typed. */
async function complete(...words: string[]): Promise<readonly string[]> {
  const log = vi.spyOn(console, 'log').mockImplementation((text) => void process.stdout.write(`${text}\n`));
  const { stdout, exit } = await runCommand(['complete', '--', ...words]);
  log.mockRestore();
  expect(exit).toBe(0);
  const lines = stdout.trimEnd().split('\n');
  return lines.slice(0, -1).map((line) => line.split('\t')[0] as string);
}

describe('complete', () => {
  it.each([
    ['commands', ['st'], ['status']],
    ['topics and what begins like them', ['r'], ['rehearse', 'resume', 'run', 'runs']],
    ['the commands of a topic', ['phase', ''], ['list', 'plan', 'rollback', 'run', 'show', 'validate']],
    ['phases', ['phase', 'run', ''], ['0', '1', '2', '3', '4', '5', '6']],
    ['flags', ['phase', 'run', '2', '--over'], ['--overwrite']],
    ['values that a flag can have', ['status', '--output', ''], ['table', 'json', 'markdown']],
    ['phases as values', ['run', '--from', ''], ['0', '1', '2', '3', '4', '5', '6']],
    ['faults', ['rehearse', '--fault', 'retention-o'], ['retention-off']],
    ['shells', ['complete', 'b'], ['bash']],
  ])('offers %s', async (_, words, offered) => {
    expect(await complete(...words)).toEqual(offered);
  });

  it('prints a script that bash takes', async () => {
    const log = vi.spyOn(console, 'log').mockImplementation((text) => void process.stdout.write(`${text}\n`));
    const { stdout } = await runCommand(['complete', 'bash']);
    log.mockRestore();
    const { exitCode } = await execa('bash', ['--noprofile', '--norc', '-n'], { input: stdout, reject: false });
    expect(exitCode).toBe(0);
    expect(stdout).toContain('anton-logging complete --');
  });
});
