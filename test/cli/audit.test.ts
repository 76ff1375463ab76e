import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { createJournal, listRuns, readRun } from '#adapters/journal.ts';
import { journalDirectory } from '#commands/support/journals.ts';
import type { Event } from '#model/event.ts';
import { withRehearsal } from './rehearsal.ts';
import { runCommand } from './run-command.ts';
import { scratchFolder } from './scratch.ts';

test('a run tells who, what, when and from where, and whether its journal was edited: Git vouches for it', {
  timeout: 90_000,
}, async () => {
  await withRehearsal(async () => {
    vi.stubEnv('GIT_COMMITTER_NAME', 'Ada Lovelace');
    vi.stubEnv('GIT_COMMITTER_EMAIL', 'ada@example.org');
    const ran = await runCommand(['run', '--to', '1', '--yes']);
    expect(ran.exit, ran.stderr).toBe(0);
    const [run = ''] = listRuns(journalDirectory());
    const by = { user: 'admin', git: 'Ada Lovelace <ada@example.org>', host: os.hostname(), account: os.userInfo().username };
    const [started, ...others] = readRun(journalDirectory(), run);
    expect(started).toMatchObject({ type: 'run.started', by, time: expect.any(String), declared: expect.any(String) });
    expect((await runCommand(['runs', 'show'])).stdout).toContain(`By admin, commits as ${by.git}, from ${by.account}@${by.host}\n`);

    const whole = await runCommand(['runs', 'show', run, '--verify']);
    expect(whole.exit, whole.stderr).toBe(0);
    expect(whole.stdout).toMatch(/^\d+ records, none was edited: \d+ commits? of this run vouch(es)? for it, but not for the last \d+ /);

    const file = join(journalDirectory(), `${run}.ndjson`);
    writeFileSync(file, readFileSync(file, 'utf8').replace('Ada Lovelace', 'Somebody'));
    const edited = await runCommand(['runs', 'show', run, '--verify']);
    expect([edited.exit, edited.stdout]).toEqual([
      1,
      expect.stringContaining('.ndjson, line 1: this record is not the one that was written'),
    ]);

    // Whoever edits with care makes all digests anew. The commits stay as they are.
    await rewrite(file, run, [{ ...started, by: { ...by, git: 'Somebody' } } as Event, ...others]);
    expect(readRun(journalDirectory(), run)[0]).toMatchObject({ by: { git: 'Somebody' } });
    const forged = await runCommand(['runs', 'show', run, '--verify']);
    expect([forged.exit, forged.stdout]).toEqual([
      1,
      expect.stringMatching(
        /^The journal was edited, or a part of it is lost:\n {2}commit [0-9a-f]{10} was made after record [0-9a-f]{10}, which/,
      ),
    ]);
    const told = await runCommand(['runs', 'show', run, '--verify', '-o', 'ndjson']);
    expect(JSON.parse(told.stdout).misfits.length).toBeGreaterThan(0);
  });
});

/** The same run with other records, in a chain that is whole. */
async function rewrite(file: string, run: string, events: readonly Event[]): Promise<void> {
  const folder = join(await scratchFolder(), 'runs');
  mkdirSync(folder);
  const journal = createJournal(folder, run);
  for (const event of events) journal.append(event);
  renameSync(join(folder, `${run}.ndjson`), file);
}
