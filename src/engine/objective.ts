import { createHash } from 'node:crypto';
import type { Evidence, MatchedObjective } from '#goals/types.ts';
import type { Change, Step } from '#model/change.ts';
import { type Approval, type Check, type Gate, isGate, isProbe, type Probe, type Validation } from '#model/check.ts';
import { EXIT, type Exit } from '#model/errors.ts';
import type { Status } from '#model/event.ts';
import { met, type Outcome } from '#model/verdict.ts';
import { EvidenceBook } from './evidence.ts';
import { executeChange } from './execute.ts';
import { judgeGate } from './gate.ts';
import { judgeRound, lookOnce, readAll } from './judge.ts';
import { runProbe } from './probe.ts';
import type { RunTools } from './run-tools.ts';
import { awaitChecks, type Waited } from './wait.ts';

export interface ObjectiveResult {
  readonly status: Status;
  readonly exit: Exit;
  /** For a person, when it did not complete. */
  readonly reason?: string;
  readonly remedy?: string;
  readonly evidence?: Evidence;
  /** Only gates that let later phases run are open. */
  readonly mayContinue?: boolean;
}

/**
 * Judges first, does what is missing, and judges again. What was shown and still holds is not done again.
 * @returns how it ended; its evidence goes back into the goals file
 */
export async function runObjective(phase: number, objective: MatchedObjective, tools: RunTools): Promise<ObjectiveResult> {
  return new ObjectiveRun(phase, objective, tools).run();
}

/** The objective's desired state, as far as it is declared: another digest means that it has to be planned again. */
export function digestOfSteps(steps: readonly Step[]): string {
  const declared = steps.filter((step) => step.do === 'commit');
  return createHash('sha256').update(JSON.stringify(declared)).digest('hex').slice(0, 16);
}

class ObjectiveRun {
  readonly #phase: number;
  readonly #objective: MatchedObjective;
  readonly #tools: RunTools;
  readonly #checks: readonly Check[];
  readonly #probes: readonly Probe[];
  readonly #gates: readonly Gate[];
  readonly #steps: readonly Step[];
  readonly #desired: string;
  readonly #evidence: EvidenceBook;
  #changes = 0;

  constructor(phase: number, objective: MatchedObjective, tools: RunTools) {
    this.#phase = phase;
    this.#objective = objective;
    this.#tools = tools;
    const validations = distinctValidations(objective);
    this.#checks = validations.filter((one): one is Check => !isGate(one) && !isProbe(one));
    this.#probes = validations.filter((one): one is Probe => !isGate(one) && isProbe(one));
    this.#gates = validations.filter(isGate);
    this.#steps = objective.definition?.steps ?? [];
    this.#desired = digestOfSteps(this.#steps);
    this.#evidence = new EvidenceBook(objective.evidence, tools.request.run);
  }

  async run(): Promise<ObjectiveResult> {
    const skipped = this.#objective.skipped;
    if (skipped !== undefined) return { status: 'skipped', exit: EXIT.done, reason: skipped };
    const { context, request, signal } = this.#tools;
    const standing = this.#standing();
    const outcomes = await judgeRound(standing, lookOnce(context.observer, signal), this.#now());
    const holds = [...outcomes.values()].every(({ state }) => state === 'met');
    const probed = this.#probes.every((probe) => this.#evidence.isFresh(probe, this.#now()));
    // Before the first rollout it is no news that nothing is there yet.
    if (holds || !request.apply || this.#wasShown()) {
      for (const check of standing) this.#judged(check, outcomes.get(check.id) as Outcome);
    }
    if (holds && probed && !(await this.#isChanged())) return this.#passGates();
    if (!request.apply) return this.#judgedOnly(outcomes);
    if (holds && !(await this.#isChanged())) return this.#prove([]);
    return this.#applyAndProve();
  }

  /** Steps in order; nothing later starts before what is awaited. */
  async #applyAndProve(): Promise<ObjectiveResult> {
    for (const step of this.#steps) {
      const stopped = await this.#takeStep(step);
      if (stopped !== undefined) return stopped;
      if (this.#tools.signal.aborted) return this.#interrupted();
    }
    if (this.#tools.request.dryRun) return { status: 'pending', exit: EXIT.done, reason: 'dry run: nothing was changed' };
    return this.#prove(this.#checks.filter(({ holds }) => holds !== 'on-entry' || !this.#wasShown()));
  }

  async #takeStep(step: Step): Promise<ObjectiveResult | undefined> {
    if (step.do === 'await') return this.#tools.request.dryRun ? undefined : this.#awaitStep(step.what);
    if (step.do === 'derive') {
      const seen = await readAll(step.reads, lookOnce(this.#tools.context.observer, this.#tools.signal));
      if ('state' in seen) return this.#notMet(step.title, seen);
      return this.#perform(step.changes(seen.values));
    }
    return this.#perform([step]);
  }

  async #perform(changes: readonly Change[]): Promise<ObjectiveResult | undefined> {
    for (const change of changes) {
      const place = { phase: this.#phase, objective: this.#objective.id, number: ++this.#changes };
      if ((await executeChange(change, place, this.#tools)) === 'failed') {
        return {
          status: 'failed',
          exit: EXIT.failed,
          reason: `objective ${this.#objective.id}: a change was refused`,
          evidence: this.#close(),
        };
      }
    }
    return undefined;
  }

  async #awaitStep(what: Validation): Promise<ObjectiveResult | undefined> {
    if (isGate(what)) return this.#passGate(what);
    return isProbe(what) ? this.#probe(what) : this.#await([what]);
  }

  /** Waits for the checks, runs the probes whose evidence is old, and looks at the gates. */
  async #prove(checks: readonly Check[]): Promise<ObjectiveResult> {
    const waited = await this.#await(checks);
    if (waited !== undefined) return waited;
    for (const probe of this.#probes) {
      if (this.#evidence.isFresh(probe, this.#now())) continue;
      const refused = await this.#probe(probe);
      if (refused !== undefined) return refused;
      if (this.#tools.signal.aborted) return this.#interrupted();
    }
    return this.#passGates();
  }

  async #await(checks: readonly Check[]): Promise<ObjectiveResult | undefined> {
    const waited = await awaitChecks(checks, { ...this.#tools.context, ...this.#listening(), timeout: this.#tools.request.timeout });
    if (waited.ending === 'met') return undefined;
    return waited.ending === 'aborted' ? this.#interrupted() : this.#stoppedBy(checks, waited);
  }

  async #probe(probe: Probe): Promise<ObjectiveResult | undefined> {
    const where = { phase: this.#phase, objective: this.#objective.id };
    const outcome = await runProbe(
      probe,
      where,
      () => ++this.#changes,
      this.#tools,
      (judged) => this.#judged(probe, judged),
    );
    if (outcome === undefined) {
      return { status: 'failed', exit: EXIT.failed, reason: `${probe.title}: its own write was refused`, evidence: this.#close() };
    }
    return outcome.state === 'met' ? undefined : this.#notMet(probe.title, outcome);
  }

  async #passGates(): Promise<ObjectiveResult> {
    const open: ObjectiveResult[] = [];
    for (const gate of this.#gates) {
      const waiting = await this.#passGate(gate);
      if (waiting !== undefined && waiting.status !== 'waiting') return waiting;
      if (waiting !== undefined) open.push(waiting);
    }
    const first = open[0];
    if (first !== undefined) return { ...first, mayContinue: open.every(({ mayContinue }) => mayContinue === true) };
    return { status: 'completed', exit: EXIT.done, evidence: this.#close() };
  }

  async #passGate(gate: Gate): Promise<ObjectiveResult | undefined> {
    const state = await this.#judgeGate(gate);
    if (state.state === 'open') {
      this.#evidence.pass(gate, state.saw, state.approval, this.#now());
      const passed = { id: gate.id, title: gate.gate === 'soak' ? gate.title : `Approval: ${gate.of}` };
      this.#tools.emit({
        type: 'check.judged',
        phase: this.#phase,
        objective: this.#objective.id,
        ...describeOutcome(passed, met(state.saw)),
      });
      return undefined;
    }
    if (state.state === 'broken') {
      this.#judged({ id: gate.id, title: gate.gate === 'soak' ? gate.title : gate.of }, state.outcome);
      return this.#notMet(gate.gate === 'soak' ? gate.title : gate.of, state.outcome);
    }
    const dates = {
      ...(state.since === undefined ? {} : { since: state.since.toISOString() }),
      ...(state.until === undefined ? {} : { until: state.until.toISOString() }),
    };
    this.#tools.emit({
      type: 'gate.waiting',
      phase: this.#phase,
      objective: this.#objective.id,
      gate: gate.id,
      kind: gate.gate,
      what: state.what,
      remedy: state.remedy,
      ...dates,
    });
    this.#evidence.wait({ what: state.what, remedy: state.remedy, ...dates });
    return {
      status: 'waiting',
      exit: EXIT.waiting,
      reason: state.what,
      remedy: state.remedy,
      evidence: this.#close(),
      mayContinue: gate.gate === 'soak' && gate.nonBlocking === true,
    };
  }

  /** A rehearsal's clock can be moved: then a soak that only needs time gets it, and the Lease is renewed for the new time. */
  async #judgeGate(gate: Gate): Promise<Awaited<ReturnType<typeof judgeGate>>> {
    const { context, lock } = this.#tools;
    const tools = {
      clock: context.clock,
      approvals: context.approvals,
      look: () => lookOnce(context.observer, this.#tools.signal),
      recorded: this.#evidence.approvals,
      objective: this.#objective.id,
    };
    const state = await judgeGate(gate, tools);
    const canAdvance = state.state === 'waiting' && state.until !== undefined && context.clock.advanceTo !== undefined;
    if (!canAdvance || !this.#tools.request.apply) return state;
    await context.clock.advanceTo?.(new Date((state.until as Date).getTime() + 1_000));
    await lock?.renew();
    return judgeGate(gate, tools);
  }

  /** Declared changes that the world does not have yet: new settings on a finished objective are planned like anything else. */
  async #isChanged(): Promise<boolean> {
    if (!this.#tools.request.apply || this.#objective.evidence?.desired === this.#desired) return false;
    for (const step of this.#steps) {
      if (step.do === 'commit' && (await this.#tools.context.performer.preview(step, this.#tools.signal)) !== undefined) return true;
    }
    return false;
  }

  /** What has to hold now: everything the first time, afterwards what was not shown for good. */
  #standing(): readonly Check[] {
    return this.#wasShown() ? this.#checks.filter((check) => check.holds === 'always' || !this.#evidence.isMet(check.id)) : this.#checks;
  }

  #wasShown(): boolean {
    return this.#objective.status === 'completed' && this.#objective.evidence?.desired === this.#desired;
  }

  #judgedOnly(outcomes: ReadonlyMap<string, Outcome>): ObjectiveResult {
    const red = this.#checks.find(({ id }) => outcomes.get(id) !== undefined && outcomes.get(id)?.state !== 'met');
    if (red !== undefined) return this.#notMet(red.title, outcomes.get(red.id) as Outcome);
    const stale = this.#probes.find((probe) => !this.#evidence.isFresh(probe, this.#now()));
    const title = stale?.title ?? this.#objective.name;
    return {
      status: 'pending',
      exit: EXIT.unknown,
      reason: `${title}: it has to write in order to see, and was not shown within ${stale?.validFor ?? 'its time'}`,
      remedy: `anton-logging phase run ${this.#phase}`,
      evidence: this.#close(),
    };
  }

  #stoppedBy(checks: readonly Check[], { outcomes }: Waited): ObjectiveResult {
    const worst = (['failed', 'unknown', 'pending'] as const)
      .map((state) => checks.find(({ id }) => outcomes.get(id)?.state === state))
      .find((found) => found !== undefined) as Check;
    return this.#notMet(worst.title, outcomes.get(worst.id) as Outcome);
  }

  #notMet(title: string, outcome: Outcome): ObjectiveResult {
    const unknown = outcome.state === 'unknown';
    const remedy = 'remedy' in outcome ? { remedy: outcome.remedy } : {};
    return {
      status: unknown ? 'blocked' : 'failed',
      exit: unknown ? EXIT.unknown : EXIT.failed,
      reason: `${title}: ${outcome.saw}`,
      ...remedy,
      evidence: this.#close(),
    };
  }

  #interrupted(): ObjectiveResult {
    return { status: 'in_progress', exit: EXIT.interrupted, reason: 'interrupted', evidence: this.#close() };
  }

  #listening(): { signal: AbortSignal; onJudged: (check: Check, outcome: Outcome) => void } {
    return { signal: this.#tools.signal, onJudged: (check, outcome) => this.#judged(check, outcome) };
  }

  #judged(check: Pick<Check, 'id' | 'title'>, outcome: Outcome): void {
    this.#evidence.judge(check.id, outcome, this.#now());
    this.#tools.emit({ type: 'check.judged', phase: this.#phase, objective: this.#objective.id, ...describeOutcome(check, outcome) });
  }

  #close(): Evidence {
    return this.#evidence.close(this.#desired, this.#now());
  }

  #now(): Date {
    return this.#tools.context.clock.now();
  }
}

/** The fields of a `check.judged` event. */
export function describeOutcome(check: Pick<Check, 'id' | 'title'>, outcome: Outcome) {
  const why = outcome.state === 'met' ? {} : { cause: outcome.cause, remedy: outcome.remedy };
  return { check: check.id, title: check.title, state: outcome.state, summary: outcome.saw, ...why };
}

/** Deliverables of the file that the catalogue doesn't know have nothing that could judge them: a person has to. */
function distinctValidations(objective: MatchedObjective): readonly Validation[] {
  const validations = objective.deliverables.flatMap((deliverable) =>
    deliverable.skipped !== undefined ? [] : deliverable.unknown ? [approvalOf(deliverable.title)] : deliverable.validations,
  );
  return [...new Map(validations.map((validation) => [validation.id, validation])).values()];
}

function approvalOf(title: string): Approval {
  return { gate: 'approval', id: `approval.${title.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`, of: title };
}
