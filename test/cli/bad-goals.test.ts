import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root, runCommand } from './run-command.ts';
import { goalsFile, scratchFolder } from './scratch.ts';

const good = await readFile(join(root, 'goals/goals.json'), 'utf8');

const CASES: Readonly<Record<string, string | Uint8Array>> = {
  empty: '',
  'cut off': good.slice(0, 1500),
  'an array': '[]',
  'of wrong types': '{"initiative": {"name": 7}, "phases": "none"}',
  'with duplicate ids': JSON.stringify({
    rollout: 'logging',
    phases: [
      { id: 'phase-0', name: 'A', status: 'pending', objectives: [] },
      { id: 'phase-0', name: 'B', status: 'pending', objectives: [] },
    ],
  }),
  'with __proto__': '{"__proto__": {"polluted": true}, "rollout": "logging", "phases": []}',
  'of random bytes': noise(4096),
};

describe('a goals file', () => {
  it.each(Object.keys(CASES))('%s is refused with one message and left alone', async (name) => {
    const content = CASES[name] ?? '';
    const file = await goalsFile(content);
    for (const command of [
      ['status', '--offline', '--goals', file],
      ['goals', 'validate', file],
      ['goals', 'migrate', file],
      ['run', '--yes', '--goals', file],
    ]) {
      const { exit, stdout, stderr } = await runCommand(command);
      expect(exit).toBe(2);
      expect(stdout).toBe('');
      expect(stderr.match(/^Error: /gm)).toHaveLength(1);
      expect(stderr).toContain('To fix it: ');
      expect(stderr).not.toMatch(/^\s+at /m);
    }
    expect(await readFile(file)).toEqual(Buffer.from(content));
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    const { stderr } = await runCommand(['goals', 'validate', file]);
    expect(stderr.replaceAll(file, 'FILE')).toMatchSnapshot();
  });

  it('that is missing is named', async () => {
    const file = join(await scratchFolder(), 'nowhere.json');
    const { exit, stderr } = await runCommand(['status', '--offline', '--goals', file]);
    expect(stderr).toBe(`Error: there is no goals file ${file}\nTo fix it: name a goals file with --goals or ANTON_LOGGING_GOALS\n`);
    expect(exit).toBe(2);
  });

  it('of another rollout shows, but does not run', async () => {
    const file = await goalsFile(
      JSON.stringify({
        rollout: 'storage',
        initiative: { name: 'Storage', status: 'pending' },
        phases: [{ id: 'phase-0', name: 'Disks', objectives: [] }],
      }),
    );
    expect(await runCommand(['status', '--offline', '--goals', file])).toMatchObject({ exit: 0 });
    const { exit, stderr } = await runCommand(['run', '--yes', '--goals', file]);
    expect(exit).toBe(2);
    expect(stderr).toContain('rollout "storage", and there are no phases for that rollout');
  });
});

/** Bytes that look random and are the same each time. */
function noise(length: number): Uint8Array {
  const blocks = Array.from({ length: length / 32 }, (_, index) => createHash('sha256').update(`noise ${index}`).digest());
  return Buffer.concat(blocks);
}
