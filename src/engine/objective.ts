import type { MatchedObjective } from '#goals/types.ts';
import type { Step } from '#model/change.ts';
import { type Check, type Gate, isCheck, isGate, isProbe, type Probe, type Validation } from '#model/check.ts';
import { EXIT, UserError } from '#model/errors.ts';
import type { Outcome } from '#model/verdict.ts';
import { diagnose } from './diagnosis.ts';
import { digestDesired, isStanding, wasShown } from './evidence.ts';
import { isFresh } from './freshness.ts';
import { judgeRound, lookOnce, readAll } from './judge.ts';
import { lookAtGate, openGate } from './objective-gate.ts';
import { ObjectiveLog, type ObjectiveResult } from './objective-log.ts';
import { performChanges } from './perform.ts';
import { runProbe } from './probe.ts';
import { awaitOrRepair } from './repair.ts';
import type { RunTools } from './run-tools.ts';
import { distinctValidations } from './validations.ts';
import { findDecisive } from './wait.ts';

/**
 * Judges first, does what is missing, and judges again. What was shown and still holds is not done again.
 * @returns how it ended; its evidence goes back into the goals file
 */
export async function runObjective(phase: number, objective: MatchedObjective, tools: RunTools): Promise<ObjectiveResult> {
  if (objective.skipped !== undefined) return { status: 'skipped', exit: EXIT.done, reason: objective.skipped };
  return new ObjectiveRun(phase, objective, tools).run();
}

class ObjectiveRun {
  readonly #objective: MatchedObjective;
  readonly #tools: RunTools;
  readonly #log: ObjectiveLog;
  readonly #standing: readonly Check[];
  /** What its steps wait for. */
  readonly #awaited: readonly Validation[];
  readonly #probes: readonly Probe[];
  readonly #gates: readonly Gate[];
  readonly #steps: readonly Step[];
  readonly #desired: string;
  /** Checks whose repair was tried: none is tried twice. */
  readonly #mended = new Set<string>();

  constructor(phase: number, objective: MatchedObjective, tools: RunTools) {
    this.#objective = objective;
    this.#tools = tools;
    this.#log = new ObjectiveLog(phase, objective, tools);
    const validations = distinctValidations(objective);
    this.#standing = validations.filter(isCheck).filter((check) => isStanding(check, objective.evidence));
    this.#probes = validations.filter((one): one is Probe => !isGate(one) && isProbe(one));
    this.#gates = validations.filter(isGate);
    this.#steps = objective.definition?.steps ?? [];
    this.#awaited = this.#steps.flatMap((step) => (step.do === 'await' ? [step.what] : []));
    this.#desired = digestDesired(objective);
  }

  async run(): Promise<ObjectiveResult> {
    const { context, request, signal } = this.#tools;
    const checks = this.#firstLook();
    const judged = await judgeRound(checks, lookOnce(context.observer, signal), context.clock.now());
    // A run goes on from here; what a look sees is the last word.
    const outcomes = request.apply ? judged : await diagnose(checks, judged, { ...context, signal });
    if (signal.aborted) return this.#log.interrupted();
    const holds = [...outcomes.values()].every(({ state }) => state === 'met');
    // Before the first rollout it is no news that nothing is there yet.
    if (holds || !request.apply || wasShown(this.#objective)) {
      for (const check of checks) this.#log.judged(check, outcomes.get(check.id) as Outcome, !request.apply);
    }
    const isDone = holds && !(await this.#isChanged());
    if (isDone) await this.#recordPassedGates();
    const stale = this.#findStale();
    if (isDone && stale.length === 0) return this.#passGates();
    if (!request.apply) return this.#judgedOnly(outcomes);
    if (isDone && request.dryRun && wasShown(this.#objective))
      return {
        status: 'completed',
        exit: EXIT.done,
        reason: `nothing to change; a run shows again: ${stale.map(({ title }) => title).join('; ')}`,
      };
    const stopped = isDone ? undefined : await this.#takeSteps();
    if (stopped !== undefined) return stopped;
    if (request.dryRun) return { status: 'pending', exit: EXIT.done, reason: 'dry run: nothing was changed' };
    return this.#prove(isDone ? [] : this.#standing);
  }

  /**
   * A run that was killed on its way may have done everything and shown nothing: then its steps are not taken again, so that
   * what they would have waited for is judged here.
   */
  #firstLook(): readonly Check[] {
    if (!this.#tools.request.apply || wasShown(this.#objective)) return this.#standing;
    const awaited = this.#awaited.filter(isCheck).filter((check) => isStanding(check, this.#objective.evidence));
    return [...new Map([...this.#standing, ...awaited].map((check) => [check.id, check])).values()];
  }

  /** Who approved what a killed run did then has to be known, too. Whatever is not open any more asks for nothing: it is done. */
  async #recordPassedGates(): Promise<void> {
    if (!this.#tools.request.apply || wasShown(this.#objective)) return;
    for (const gate of this.#awaited.filter(isGate)) {
      const state = await lookAtGate(gate, this.#log.evidence.approvals, this.#objective.id, this.#tools);
      if (state.state === 'open') this.#log.passed(gate, state);
    }
  }

  /** Steps in order; nothing later starts before what is awaited. */
  async #takeSteps(): Promise<ObjectiveResult | undefined> {
    for (const step of this.#steps) {
      const stopped = await this.#takeStep(step);
      if (stopped !== undefined) return stopped;
      if (this.#tools.signal.aborted) return this.#log.interrupted();
    }
    return undefined;
  }

  async #takeStep(step: Step): Promise<ObjectiveResult | undefined> {
    if (step.do === 'await') return this.#tools.request.dryRun ? undefined : this.#awaitStep(step.what);
    if (step.do === 'derive') {
      const seen = await readAll(step.reads, lookOnce(this.#tools.context.observer, this.#tools.signal));
      if (this.#tools.signal.aborted) return this.#log.interrupted();
      if ('state' in seen) return this.#log.notMet(step.title, seen);
      return performChanges(step.changes(seen.values), this.#log, this.#tools);
    }
    return performChanges([step], this.#log, this.#tools);
  }

  async #awaitStep(what: Validation): Promise<ObjectiveResult | undefined> {
    if (isGate(what)) return this.#passGate(what);
    return isProbe(what) ? this.#probe(what) : awaitOrRepair([what], this.#mended, this.#log, this.#tools);
  }

  /** Waits for the checks, runs the probes whose evidence is old, and looks at the gates. */
  async #prove(checks: readonly Check[]): Promise<ObjectiveResult> {
    const waited = await awaitOrRepair(checks, this.#mended, this.#log, this.#tools);
    if (waited !== undefined) return waited;
    for (const probe of this.#findStale()) {
      const refused = await this.#probe(probe);
      if (refused !== undefined) return refused;
    }
    return this.#passGates();
  }

  async #probe(probe: Probe): Promise<ObjectiveResult | undefined> {
    const outcome = await runProbe(probe, this.#log, this.#tools);
    if (this.#tools.signal.aborted) return this.#log.interrupted();
    if (outcome === undefined) return this.#log.interrupted();
    if ('refused' in outcome) return this.#log.refused(outcome);
    return outcome.state === 'met' ? undefined : this.#log.notMet(probe.title, outcome);
  }

  async #passGates(): Promise<ObjectiveResult> {
    const open: ObjectiveResult[] = [];
    for (const gate of this.#gates) {
      const waiting = await this.#passGate(gate);
      if (waiting !== undefined && waiting.status !== 'waiting') return waiting;
      if (waiting !== undefined) open.push(waiting);
    }
    return open.find(({ mayContinue }) => mayContinue !== true) ?? open[0] ?? this.#log.completed(this.#desired);
  }

  async #passGate(gate: Gate): Promise<ObjectiveResult | undefined> {
    const state = await openGate(gate, this.#log.evidence.approvals, this.#objective.id, this.#tools);
    if (this.#tools.signal.aborted) return this.#log.interrupted();
    if (state.state === 'waiting') return this.#log.waiting(gate, state);
    if (state.state === 'open') {
      this.#log.passed(gate, state);
      return undefined;
    }
    const title = gate.gate === 'soak' ? gate.title : gate.of;
    this.#log.judged({ id: gate.id, title }, state.outcome);
    return this.#log.notMet(title, state.outcome);
  }

  /** Declared changes that Git does not have (any more): new settings on a finished objective, or a file that was edited by hand. */
  async #isChanged(): Promise<boolean> {
    const { context, request, signal } = this.#tools;
    if (!request.apply) return false;
    for (const step of this.#steps) {
      if (step.do !== 'commit') continue;
      // A refusal is told where the change is performed.
      const preview = await context.performer.preview(step, signal).catch((error: unknown) => {
        if (error instanceof UserError || signal.aborted) return 'refused';
        throw error;
      });
      if (preview !== undefined) return true;
    }
    return false;
  }

  /** Those that have to write again. */
  #findStale(): readonly Probe[] {
    const now = this.#tools.context.clock.now();
    const change = this.#tools.lastChangeBefore(this.#objective.id);
    return this.#probes.filter((probe) => !isFresh(probe, this.#objective, change, now, this.#log.evidence.checks));
  }

  #judgedOnly(outcomes: ReadonlyMap<string, Outcome>): ObjectiveResult {
    const red = findDecisive(this.#standing, outcomes);
    if (red !== undefined) return this.#log.notMet(red.check.title, red.outcome);
    const stale = this.#findStale()[0] as Probe;
    return this.#log.untold(`${stale.title}: it has to write in order to see, and was not shown within ${stale.validFor}`);
  }
}
