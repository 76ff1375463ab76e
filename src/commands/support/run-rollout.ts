import { randomBytes } from 'node:crypto';
import { relative } from 'node:path';
import { createJournal } from '#adapters/journal.ts';
import type { RunContext, RunRequest } from '#engine/context.ts';
import { planRollout } from '#engine/plan.ts';
import { findChangedChanges, findMoves, isProgress } from '#engine/plan-moves.ts';
import { runPhases } from '#engine/run.ts';
import type { Exit } from '#model/errors.ts';
import type { Event, TakingBack } from '#model/event.ts';
import type { Journal } from '#model/ports.ts';
import { undonePhase } from '#phases/undone.ts';
import { planText } from '#ui/plan.ts';
import { resultText } from '#ui/result.ts';
import { oneLine } from '#ui/text.ts';
import { catalogueFor } from './catalogue.ts';
import { chooseProgress } from './choose-progress.ts';
import { confirm } from './confirm.ts';
import { interruptSignal } from './interrupt.ts';
import { hasBegun, journalDirectory } from './journals.ts';
import type { OwnGoals } from './open-goals.ts';
import { type RunFlags, readTimeout } from './run-flags.ts';
import { observeBasis, refuseMoves, type SavedPlan, savePlan } from './saved-plan.ts';
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
  /** The saved plan that it carries out. */
  readonly plan?: SavedPlan;
  /** Where to save the plan of a dry run. */
  readonly out?: string;
  /** The phase is taken back; what may be lost by that. */
  readonly back?: TakingBack;
}

type WiredFlags = Omit<RunFlags, 'yes' | 'kubeconfig' | 'context'>;

/** Runs phases of the goals against the cluster that the flags name: asks first, shows progress, prints the result. */
export async function runRollout(rollout: Rollout, flags: RunFlags): Promise<Exit> {
  const { goals, from, to, apply, dryRun } = rollout;
  readTimeout(flags.timeout);
  for (const warning of goals.warnings) process.stderr.write(`Warning: ${oneLine(warning)}\n`);
  const wiring = await wireWriting(flags, goals.environment, flags.overwrite);
  if (rollout.plan !== undefined) await refuseMoved(rollout.plan, rollout, flags, wiring);
  if (apply && !dryRun) {
    const verb = rollout.back === undefined ? 'run' : 'roll back';
    const what = `${verb} ${from === to ? `phase ${from}` : `phases ${from} to ${to}`} of ${goals.file.path}`;
    const repository = await wiring.git.tip(interruptSignal());
    const { delivery } = goals.environment.gitops;
    await confirm({ kubernetes: wiring.kubernetes, repository, delivery, what }, flags.yes || wiring.rehearsal, interruptSignal());
  }
  const before = await goals.file.read();
  const journals = apply && !dryRun ? journalDirectory() : undefined;
  const plan = rollout.plan;
  const confirmPlan = plan === undefined ? undefined : () => refuseMoved(plan, rollout, flags, wiring);
  const exit = await runWired(rollout, flags, wiring, journals, { ...(confirmPlan && { confirmPlan }) });
  if ((await goals.file.read()) !== before && flags.output === 'table') tellHowToCommit(goals.file.path);
  return exit;
}

/** A look tries nothing that would have to be known afterwards. */
export const NO_JOURNAL: Journal = { head: '', append: () => {} };

interface RunHooks extends Pick<RunContext, 'confirmPlan'> {
  readonly onEvent?: (event: Event) => void;
}

/** The same with ports and journal given. Also for the rehearsal, which brings its own. */
export async function runWired(
  rollout: Rollout,
  flags: WiredFlags,
  wiring: Writing,
  journals: string | undefined,
  { onEvent = () => {}, confirmPlan }: RunHooks = {},
): Promise<Exit> {
  const { goals, dryRun } = rollout;
  const request = requestOf(rollout, flags);
  const { phases } = catalogueOf(rollout);
  const progress = chooseProgress(flags, phases, goals.environment, dryRun);
  let last: Event | undefined;
  const remember = (event: Event): void => {
    last = event;
  };
  const by = journals === undefined ? undefined : await wiring.who(interruptSignal());
  const context = {
    ...contextOf(rollout, wiring),
    ...(by && { by }),
    journal: journals === undefined ? NO_JOURNAL : createJournal(journals, request.run),
    listeners: [progress.listener, onEvent, remember],
    ...(confirmPlan && { confirmPlan }),
  };
  try {
    if (dryRun) {
      const plan = await planRollout(context, request, await observeBasis(goals, wiring));
      await progress.close();
      const text = `${JSON.stringify(plan, undefined, 2)}\n`;
      if (flags.output === 'json') process.stdout.write(text);
      if (flags.output === 'table') process.stdout.write(planText(plan));
      if (rollout.out !== undefined) await savePlan(rollout.out, plan, text);
      return plan.exit;
    }
    const result = await runPhases(context, request);
    await progress.close();
    if (flags.output === 'json') process.stdout.write(`${JSON.stringify(last, undefined, 2)}\n`);
    if (flags.output === 'table') process.stdout.write(resultText(result, last?.type === 'run.finished' ? last.phases : []));
    return result.exit;
  } finally {
    await progress.close();
  }
}

/**
 * Plans anew, unseen, and compares.
 * @throws UserError with everything that is not as the plan has it
 */
async function refuseMoved(saved: SavedPlan, rollout: Rollout, flags: WiredFlags, wiring: Writing): Promise<void> {
  const { goals } = rollout;
  const basis = await observeBasis(goals, wiring);
  const commits = await wiring.git.since(saved.plan.basis.repository.tip, interruptSignal());
  const isBegun = (commits ?? []).some(({ plan }) => plan === saved.digest) || hasBegun(saved.digest);
  const news = commits?.filter((commit) => !isBegun || !isProgress(commit, goals.file.path));
  refuseMoves(saved, findMoves(saved.plan.basis, basis, news, saved.digest));
  const context = { ...contextOf(rollout, wiring), journal: NO_JOURNAL, listeners: [] };
  const now = await planRollout(context, requestOf(rollout, flags), basis);
  refuseMoves(saved, findChangedChanges(saved.plan, now, isBegun));
}

function contextOf(rollout: Rollout, wiring: Writing) {
  const { environment, file } = rollout.goals;
  return { ...wiring, ...catalogueOf(rollout), environment, goalsFile: file, signal: interruptSignal() };
}

function catalogueOf({ goals, back }: Pick<Rollout, 'goals' | 'back'>) {
  const catalogue = catalogueFor(goals.environment);
  return back === undefined ? catalogue : { ...catalogue, phases: catalogue.phases.map(undonePhase) };
}

function requestOf({ from, to, apply, dryRun, resumes, plan, back }: Rollout, flags: WiredFlags): RunRequest {
  return {
    run: newRunId(),
    from,
    to,
    apply,
    dryRun,
    overwrite: flags.overwrite,
    repair: flags.repair,
    timeout: readTimeout(flags.timeout),
    ...(resumes === undefined ? {} : { resumes }),
    ...(plan === undefined ? {} : { plan: plan.digest }),
    ...(back === undefined ? {} : { back }),
  };
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
