import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import type { StatusReport } from '#model/status.ts';
import { withRehearsal } from './rehearsal.ts';
import { root, runCommand } from './run-command.ts';
import { goalsFile } from './scratch.ts';
import schema from './status.schema.json' with { type: 'json' };

const goals = join(root, 'goals/goals.json');
const ajv = new Ajv2020({ allErrors: true });
addFormats.default(ajv);
const validate = ajv.compile(schema);

describe('status --offline', () => {
  it('prints JSON as the schema says', async () => {
    const { stdout, exit } = await runCommand(['status', '--offline', '-o', 'json', '--goals', goals]);
    const report: StatusReport = JSON.parse(stdout);
    validate(report);
    expect(validate.errors).toBeNull();
    expect(report.offline).toBe(true);
    expect(report.phases).toHaveLength(7);
    expect(exit).toBe(0);
  });

  it('shows phases, triggers and metrics in 80 columns', async () => {
    const { stdout } = await runCommand(['status', '--offline', '--no-color', '--goals', goals]);
    const lines = stdout.split('\n');
    expect(Math.max(...lines.filter((line) => !line.includes(goals)).map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(stdout).toContain('Trigger conditions');
    expect(stdout).toContain('Success metrics');
    expect(stdout).not.toContain('\u001b');
  });

  it('lets no text of the file move the cursor', async () => {
    const text = await readFile(goals, 'utf8');
    const evil = JSON.parse(text);
    evil.initiative.name = 'clear\u001b[2J\u0007 the\nscreen';
    const { stdout } = await runCommand(['status', '--offline', '--no-color', '--goals', await goalsFile(JSON.stringify(evil))]);
    expect(stdout).toContain('clear the screen');
    expect(stdout).not.toMatch(/\p{Cc}(?<!\n)/u);
  });

  it('with --exit-code says that something is left', async () => {
    expect(await runCommand(['status', '--offline', '--exit-code', '--goals', goals])).toMatchObject({ exit: 5 });
  });
});

describe('status', () => {
  it('prints what is really there, as the schema says', async () => {
    await withRehearsal(async () => {
      const { stdout, exit } = await runCommand(['status', '-o', 'json']);
      const report: StatusReport = JSON.parse(stdout);
      validate(report);
      expect(validate.errors).toBeNull();
      expect(report.offline).toBe(false);
      expect(exit).toBe(0);
    });
  });
});
