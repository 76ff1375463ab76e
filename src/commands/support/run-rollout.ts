import { randomBytes } from 'node:crypto';
import { relative } from 'node:path';
import { createJournal } from '#adapters/journal.ts';
import { runPhases } from '#engine/run.ts';
import type { Exit } from '#model/errors.ts';
import type { Event } from '#model/event.ts';
import type { Journal } from '#model/ports.ts';
import { resultText } from '#ui/result.ts';
import { oneLine } from '#ui/text.ts';
import { catalogueFor } from './catalogue.ts';
import { chooseProgress } from './choose-progress.ts';
import { confirm } from './confirm.ts';
import { interruptSignal } from './interrupt.ts';
import { journalDirectory } from './journals.ts';
import type { OwnGoals } from './open-goals.ts';
import { type RunFlags, readTimeout } from './run-flags.ts';
import { type Writing, wireWriting } from './wire.ts';

export interface Rollout {
  readonly goals: OwnGoals;
  readonly from: number;
  readonly to: number;
  /** False: judge only. */
  readonly apply: boolean;
  readonly dryRun: boolean;
  /** The unfinished run that this one continues. */
  readonly resumes?: string;
}

/** Runs phases of the goals against the cluster that the flags name: asks first, shows progress, prints the result. */
export async function runRollout(rollout: Rollout, flags: RunFlags): Promise<Exit> {
  const { goals, from, to, apply, dryRun } = rollout;
  readTimeout(flags.timeout);
  for (const warning of goals.warnings) process.stderr.write(`Warning: ${oneLine(warning)}\n`);
  const wiring = await wireWriting(flags, goals.environment, flags.overwrite);
  if (apply && !dryRun) {
    const what = `run ${from === to ? `phase ${from}` : `phases ${from} to ${to}`} of ${goals.file.path}`;
    await confirm({ cluster: wiring.cluster, repository: wiring.repository, what }, flags.yes || wiring.rehearsal, interruptSignal());
  }
  const before = await goals.file.read();
  const journals = apply && !dryRun ? journalDirectory() : undefined;
  const exit = await runWired(rollout, flags, wiring, journals);
  if ((await goals.file.read()) !== before && flags.output === 'table') tellHowToCommit(goals.file.path);
  return exit;
}

/** A look tries nothing that would have to be known afterwards. */
export const NO_JOURNAL: Journal = { head: '', append: () => {} };

/** The same with ports and journal given. Also for the rehearsal, which brings its own. */
export async function runWired(
  { goals, from, to, apply, dryRun, resumes }: Rollout,
  flags: Omit<RunFlags, 'yes' | 'kubeconfig' | 'context'>,
  wiring: Writing,
  journals: string | undefined,
  onEvent: (event: Event) => void = () => {},
): Promise<Exit> {
  const run = newRunId();
  const catalogue = catalogueFor(goals.environment);
  const progress = chooseProgress(flags, catalogue.phases, goals.environment, dryRun);
  let last: Event | undefined;
  try {
    const result = await runPhases(
      {
        ...wiring,
        ...catalogue,
        environment: goals.environment,
        goalsFile: goals.file,
        journal: journals === undefined ? NO_JOURNAL : createJournal(journals, run),
        listeners: [progress.listener, onEvent, (event) => (last = event)],
        signal: interruptSignal(),
      },
      {
        run,
        from,
        to,
        apply,
        dryRun,
        overwrite: flags.overwrite,
        repair: flags.repair,
        timeout: readTimeout(flags.timeout),
        ...(resumes === undefined ? {} : { resumes }),
      },
    );
    await progress.close();
    if (flags.output === 'json') process.stdout.write(`${JSON.stringify(last, undefined, 2)}\n`);
    if (flags.output === 'table') process.stdout.write(resultText(result, last?.type === 'run.finished' && !dryRun ? last.phases : []));
    return result.exit;
  } finally {
    await progress.close();
  }
}

/** The goals file is the user's: it is never committed for them. */
function tellHowToCommit(path: string): void {
  const file = shellQuoted(relative(process.cwd(), path));
  // A file that was never committed is unknown to a bare `git commit -- FILE`.
  process.stderr.write(`Progress was recorded. To commit it: git add -- ${file} && git commit -m "Record logging progress" -- ${file}\n`);
}

function shellQuoted(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** Sorts by time, and is unique across machines. */
export function newRunId(): string {
  const time = new Date().toISOString().replace(/[-:]/g, '').slice(0, 15).toLowerCase();
  return `${time}-${randomBytes(3).toString('hex')}`;
}
