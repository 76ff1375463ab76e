import { skippedDeliverables } from '#goals/catalogue.ts';
import type { MatchedPhase } from '#goals/types.ts';
import { EXIT, type Exit } from '#model/errors.ts';
import type { Status } from '#model/event.ts';
import { diagnose } from './diagnosis.ts';
import { wasShown } from './evidence.ts';
import { worstExit } from './exit.ts';
import { runObjective } from './objective.ts';
import { describeOutcome, type ObjectiveResult } from './objective-log.ts';
import type { RunTools } from './run-tools.ts';
import { awaitChecks, findDecisive } from './wait.ts';

/** A precondition that is not there within two minutes is somebody else's work to finish. */
const PRECONDITION_TIMEOUT = 120_000;

export interface PhaseResult {
  readonly status: Status;
  readonly exit: Exit;
  readonly reason?: string;
  /** Why that, outermost first. */
  readonly because?: readonly string[];
  readonly remedy?: string;
  /** Later phases may run although this one is not completed: only non-blocking gates are open. */
  readonly mayContinue: boolean;
}

/** Called with each objective's result as soon as it is there. */
export type Record = (objective: string, result: ObjectiveResult) => Promise<void>;

export async function runPhase(phase: MatchedPhase, tools: RunTools, record: Record): Promise<PhaseResult> {
  tools.emit({ type: 'phase.started', phase: phase.number, name: phase.name });
  const blocked = await judgePreconditions(phase, tools);
  // A plan shows what comes after what is still missing, too.
  const result = blocked === undefined || isPlan(tools) ? await runObjectives(phase, tools, record) : blocked;
  const ended = tools.signal.aborted ? result : (blocked ?? result);
  tools.emit({ type: 'phase.finished', phase: phase.number, name: phase.name, state: ended.status });
  return ended;
}

async function judgePreconditions(phase: MatchedPhase, tools: RunTools): Promise<PhaseResult | undefined> {
  const checks = isShown(phase) && tools.request.back === undefined ? [] : phase.body.preconditions;
  if (checks.length === 0) return undefined;
  const { ending, outcomes } = await awaitChecks(checks, {
    ...tools.context,
    signal: tools.signal,
    timeout: isPlan(tools) ? 0 : Math.min(PRECONDITION_TIMEOUT, tools.request.timeout),
    onJudged: (check, outcome, atDeadline) =>
      tools.emit({ type: 'check.judged', phase: phase.number, ...describeOutcome(check, outcome, atDeadline) }),
    explain: (red, all) => diagnose(red, all, { ...tools.context, signal: tools.signal }),
  });
  if (ending === 'met') return undefined;
  if (ending === 'aborted') return { status: 'in_progress', exit: EXIT.interrupted, mayContinue: false };
  const red = findDecisive(checks, outcomes);
  return {
    status: 'blocked',
    exit: red?.outcome?.state === 'unknown' ? EXIT.unknown : EXIT.notReady,
    reason: `phase ${phase.number} can't begin: ${red?.check.title}: ${red?.outcome?.saw}`,
    ...(red === undefined || red.outcome.state === 'met' ? {} : { because: red.outcome.cause, remedy: red.outcome.remedy }),
    mayContinue: false,
  };
}

/** What is to come is not waited for: it is planned. */
function isPlan({ request, signal }: RunTools): boolean {
  return request.dryRun && !signal.aborted;
}

/** Preconditions are for beginning: a phase that was shown completed is not begun again. */
function isShown(phase: MatchedPhase): boolean {
  return phase.objectives.every((objective) => objective.skipped !== undefined || wasShown(objective));
}

/** Objectives in order. One that waits for a gate does not hold up the others of its phase; one that failed, or waits for a merge, does. */
async function runObjectives(phase: MatchedPhase, tools: RunTools, record: Record): Promise<PhaseResult> {
  const results: ObjectiveResult[] = [];
  for (const objective of phase.objectives) {
    const result = await runObjective(phase.number, objective, tools);
    results.push(result);
    await record(objective.id, result);
    const skipped = result.status === 'skipped' ? [] : skippedDeliverables(objective);
    tools.emit({
      type: 'objective.finished',
      phase: phase.number,
      objective: objective.id,
      name: objective.name,
      state: result.status,
      ...(result.reason === undefined ? {} : { reason: result.reason }),
      ...(skipped.length === 0 ? {} : { skipped }),
    });
    if (isStop(result, tools)) break;
  }
  return summarise(results, phase);
}

/** A look (validation, dry run) goes on after a red objective: it is asked what is wrong, not to stop at the first. */
function isStop(result: ObjectiveResult, tools: RunTools): boolean {
  if (tools.signal.aborted) return true;
  const isPassed = ['completed', 'skipped', 'waiting'].includes(result.status) && result.holdsUp !== true;
  return tools.request.apply && !tools.request.dryRun && !isPassed;
}

function summarise(results: readonly ObjectiveResult[], phase: MatchedPhase): PhaseResult {
  const exit = worstExit(results.map((result) => result.exit));
  const decisive = results.find((result) => result.exit === exit && result.exit !== EXIT.done);
  const complete =
    results.length === phase.objectives.length && results.every(({ status }) => status === 'completed' || status === 'skipped');
  return {
    status: complete ? 'completed' : statusOf(results),
    exit,
    mayContinue:
      complete || results.every(({ status, mayContinue }) => status === 'completed' || status === 'skipped' || mayContinue === true),
    ...(decisive?.reason === undefined ? {} : { reason: decisive.reason }),
    ...(decisive?.because === undefined ? {} : { because: decisive.because }),
    ...(decisive?.remedy === undefined ? {} : { remedy: decisive.remedy }),
  };
}

function statusOf(results: readonly ObjectiveResult[]): Status {
  for (const status of ['failed', 'blocked', 'waiting', 'in_progress'] as const) {
    if (results.some((result) => result.status === status)) return status;
  }
  return results.some(({ status }) => status === 'completed') ? 'in_progress' : 'pending';
}
