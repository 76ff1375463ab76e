import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root, runCommand } from './run-command.ts';

const goals = join(root, 'goals/goals.json');

describe('wrong usage', () => {
  it.each([
    ['an unknown command', ['frobnicate']],
    ['an unknown subcommand', ['phase', 'frobnicate', '2']],
    ['a slip in a command', ['statsu']],
    ['a slip in a subcommand', ['phase', 'rnu', '2']],
    ['a slip in a flag', ['status', '--offlin']],
    ['an unknown flag', ['status', '--frobnicate']],
    ['a missing argument', ['phase', 'run']],
    ['an unknown output form', ['status', '-o', 'yaml']],
    ['an unknown phase', ['phase', 'run', '99', '--goals', goals]],
    ['phases in the wrong order', ['run', '--from', '3', '--to', 'phase-1', '--goals', goals]],
    ['an unknown fault', ['rehearse', '--fault', 'earthquake']],
    ['a fault at no phase', ['rehearse', '--fault', 'oom-loop@9']],
    ['no duration', ['plan', '0', '--timeout', 'soon', '--goals', goals]],
    ['an unknown objective', ['approve', '9.9', '--by', 'A', '--note', 'B', '--goals', goals]],
    ['an unknown run', ['runs', 'show', 'yesterday']],
  ])('%s exits 2 with what is wrong and what to do', async (_, argv) => {
    const { exit, stdout, stderr } = await runCommand(argv);
    expect(stderr.replace(/in \/\S+/, 'in FOLDER')).toMatchSnapshot();
    expect(stdout).toBe('');
    expect(exit).toBe(2);
  });

  it('phases can be named by number or by id', async () => {
    const number = await runCommand(['phase', 'show', '2', '--goals', goals]);
    const id = await runCommand(['phase', 'show', 'phase-2', '--goals', goals]);
    expect(number).toEqual(id);
    expect(number.exit).toBe(0);
  });
});
