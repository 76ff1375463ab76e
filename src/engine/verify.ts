import { matchPhasesFor } from '#goals/catalogue.ts';
import { loadGoals } from '#goals/load.ts';
import type { Goals, MatchedObjective, MatchedPhase } from '#goals/types.ts';
import { type Check, isCheck, isGate, isProbe, type Probe } from '#model/check.ts';
import { EXIT } from '#model/errors.ts';
import type { Outcome } from '#model/verdict.ts';
import type { Verification } from '#model/verification.ts';
import type { RunContext } from './context.ts';
import { diagnose } from './diagnosis.ts';
import { findDrift } from './drift.ts';
import { EvidenceBook, wasOnceShown } from './evidence.ts';
import { isDeclaredAnew } from './freshness.ts';
import { judgeRound, lookOnce } from './judge.ts';
import { ProgressRecorder } from './progress-recorder.ts';
import { lookAgain } from './second-look.ts';
import { distinctValidations } from './validations.ts';
import { composeVerification, verifyObjective } from './verified.ts';
import { type DueProbe, runProbes } from './verify-probes.ts';

export interface VerifyRequest {
  /** Names this look to others while it holds the Lease, which only probes need. */
  readonly run: string;
  /** Whether to run probes afresh. Without it nothing is written, and their evidence counts as long as they say. */
  readonly probe: boolean;
  /** Whether to write what was seen of finished objectives into the goals file. */
  readonly record: boolean;
  /** Milliseconds that what held before and is only pending now, or could not be read, gets to become met again; and each probe to be met. */
  readonly timeout: number;
}

/**
 * Judges again what should always hold, each check once, and tells what was shown and does not hold any more, and where Git, cluster and
 * goals differ.
 * @throws UserError as `loadGoals` and `runProbes`; the signal's reason when it was interrupted
 */
export async function verifyRollout(context: RunContext, request: VerifyRequest): Promise<Verification> {
  const goals = loadGoals(await context.goalsFile.read(), context.goalsFile.path);
  const phases = matchPhasesFor(context.phases, context.environment, goals);
  const judged = await judgeStanding(phases, context, request.timeout);
  context.signal.throwIfAborted();
  const probed = request.probe ? await runProbes(findDue(phases, judged), context, request) : new Map<string, Outcome>();
  const outcomes = new Map([...judged, ...probed]);
  const shown = objectivesOf(phases).filter(({ objective }) => wasOnceShown(objective));
  // A look of its own, after everything had the time to settle.
  const drift = await findDrift(shown, lookOnce(context.observer, context.signal));
  context.signal.throwIfAborted();
  if (request.record) await record(goals, phases, outcomes, context);
  return composeVerification(phases, outcomes, drift, context.clock.now());
}

/** Ids mean the same everywhere, so that each check is judged once, whoever asks for it. What held before gets a second look. */
async function judgeStanding(
  phases: readonly MatchedPhase[],
  { observer, clock, signal }: RunContext,
  timeout: number,
): Promise<ReadonlyMap<string, Outcome>> {
  const objectives = objectivesOf(phases).map(({ objective }) => objective);
  const first = await judgeRound(standingOf(objectives), lookOnce(observer, signal), clock.now());
  const shown = standingOf(objectives.filter(wasOnceShown));
  // What is wanted otherwise by now does not come by itself.
  const expected = standingOf(objectives.filter((objective) => wasOnceShown(objective) && !isDeclaredAnew(objective)));
  const outcomes = await lookAgain(expected, first, { observer, clock, signal, timeout });
  return diagnose(shown, outcomes, { observer, clock, signal });
}

function standingOf(objectives: readonly MatchedObjective[]): readonly Check[] {
  const checks = objectives.flatMap((objective) => distinctValidations(objective).filter(isCheck));
  return [...new Map(checks.filter(({ holds }) => holds === 'always').map((check) => [check.id, check])).values()];
}

/** Probes of what was shown once and looks well: where a check is red already, a probe would only tell so later. */
function findDue(phases: readonly MatchedPhase[], outcomes: ReadonlyMap<string, Outcome>): readonly DueProbe[] {
  const due = objectivesOf(phases)
    .filter(({ objective }) => wasOnceShown(objective))
    .filter(({ objective }) => standingOf([objective]).every(({ id }) => outcomes.get(id)?.state === 'met'))
    .flatMap(({ phase, objective }) => probesOf(objective).map((probe) => ({ phase, objective, probe })));
  // What nobody judged stands in nobody's way.
  const isMet = (id: string) => (outcomes.get(id)?.state ?? 'met') === 'met';
  const useful = due.filter(({ probe }) => probe.after?.every(isMet) ?? true);
  return [...new Map(useful.map((each) => [each.probe.id, each])).values()];
}

function probesOf(objective: MatchedObjective): readonly Probe[] {
  return distinctValidations(objective).filter((one): one is Probe => !isGate(one) && isProbe(one) && one.holds === 'always');
}

/** Of what was shown once, and could be told now. Whether a bare claim is true takes a run: nobody has seen its gates and probes. */
async function record(
  goals: Goals,
  phases: readonly MatchedPhase[],
  outcomes: ReadonlyMap<string, Outcome>,
  context: RunContext,
): Promise<void> {
  const progress = new ProgressRecorder(context, goals, phases, { dryRun: false });
  const now = context.clock.now();
  for (const phase of phases) {
    const shown = phase.objectives.filter((objective) => objective.skipped === undefined && wasOnceShown(objective));
    for (const objective of shown) {
      const { status, checks } = verifyObjective(objective, phases, outcomes, now);
      const isUntold = status !== 'regressed' && checks.some(({ state }) => state === 'unknown');
      if (isUntold || objective.evidence === undefined) continue;
      const book = new EvidenceBook(objective.evidence, objective.evidence.run);
      for (const { id, deferred } of checks) {
        const outcome = outcomes.get(id);
        if (outcome !== undefined && deferred === undefined) book.judge(id, outcome, now);
      }
      const evidence = book.close(objective.evidence.desired, now);
      const holds = status === 'completed' || status === 'in_progress';
      await progress.recordObjective(
        phase,
        objective.id,
        { status: holds ? status : 'failed', exit: holds ? EXIT.done : EXIT.failed, evidence },
        true,
      );
    }
    if (shown.length > 0) await progress.recordPhase(phase, phase.status, true);
  }
}

function objectivesOf(phases: readonly MatchedPhase[]) {
  return phases.flatMap((phase) =>
    phase.objectives.filter(({ skipped }) => skipped === undefined).map((objective) => ({ phase: phase.number, objective })),
  );
}
