import { loadGoals } from '#goals/load.ts';
import type { Evidence, Goals, MatchedPhase } from '#goals/types.ts';
import { EXIT, LeaseLost } from '#model/errors.ts';
import type { Status } from '#model/event.ts';
import type { HeldLock } from '#model/ports.ts';
import type { RunContext, RunRequest } from './context.ts';
import { createEmit } from './emit.ts';
import { worstExit } from './exit.ts';
import { findLastChange } from './freshness.ts';
import { type PhaseResult, runPhase } from './phase.ts';
import { checkPermissions, isPassable } from './preflight.ts';
import { ProgressRecorder, statusAfterRollback } from './progress-recorder.ts';
import { finish, interrupted, lost, paragraphOf, type RunResult, resultOfError } from './run-result.ts';
import type { RunTools } from './run-tools.ts';
import { selectPhases } from './select-phases.ts';
import { judgeTriggers, refuseStart } from './triggers.ts';

/**
 * One run: Lease, permissions, then the phases in order; every result is in the goals file before the next begins.
 * Expected trouble becomes the result; only bugs are thrown.
 */
export async function runPhases(context: RunContext, request: RunRequest): Promise<RunResult> {
  const goals = loadGoals(await context.goalsFile.read(), context.goalsFile.path);
  const run = new Run(context, request, goals);
  return run.execute();
}

class Run {
  readonly #context: RunContext;
  readonly #request: RunRequest;
  readonly #goals: Goals;
  readonly #phases: readonly MatchedPhase[];
  readonly #progress: ProgressRecorder;
  readonly #emit: RunTools['emit'];
  readonly #stop = new AbortController();
  readonly #states = new Map<number, Status>();
  /** What this run has shown, by objective. */
  readonly #evidence = new Map<string, Evidence>();
  #leaseLost: string | undefined;

  constructor(context: RunContext, request: RunRequest, goals: Goals) {
    this.#context = context;
    this.#request = request;
    this.#goals = goals;
    this.#phases = selectPhases(context, request, goals);
    this.#progress = new ProgressRecorder(context, goals, this.#phases, request);
    this.#emit = createEmit(context, request.run);
  }

  async execute(): Promise<RunResult> {
    const { from, to, resumes, plan, back } = this.#request;
    this.#emit({
      type: 'run.started',
      goals: this.#context.goalsFile.path,
      declared: this.#goals.digest,
      from,
      to,
      cluster: this.#context.cluster,
      rehearsal: this.#context.rehearsal,
      ...(this.#context.by === undefined ? {} : { by: this.#context.by }),
      ...(resumes === undefined ? {} : { resumes }),
      ...(plan === undefined ? {} : { plan }),
      ...(back === undefined ? {} : { back }),
    });
    const result = await this.#guarded().catch((error: unknown) => {
      this.#finish(finish(EXIT.bug, `a bug: ${error instanceof Error ? error.message : String(error)}`));
      throw error;
    });
    this.#finish(result);
    return result;
  }

  #finish({ state, exit, summary, remedy }: RunResult): void {
    const phases = [...this.#states].map(([phase, status]) => ({ phase, state: status }));
    this.#emit({ type: 'run.finished', state, exit, phases, summary, ...(remedy === undefined ? {} : { remedy }) });
  }

  /** What the user can act on ends the run in order, with the Lease released. */
  async #guarded(): Promise<RunResult> {
    let lock: HeldLock | undefined;
    try {
      if (this.#isWriting()) lock = await this.#context.lock.acquire(this.#request.run, (why) => this.#lose(why), this.#context.signal);
      await this.#context.confirmPlan?.();
      const tools = {
        context: this.#context,
        request: this.#request,
        emit: this.#emit,
        signal: this.#signal(),
        lock,
        lastChangeBefore: this.#lastChangeBefore,
      };
      const { access } = this.#context;
      return (await checkPermissions(this.#selected(), { ...tools, access })) ?? (await this.#runAll(tools));
    } catch (error) {
      return this.#endOf(error);
    } finally {
      await lock?.release();
    }
  }

  readonly #lastChangeBefore = (id: string) => findLastChange(this.#phases, id, this.#evidence);

  #endOf(error: unknown): RunResult {
    const stopped = this.#stopped();
    if (stopped !== undefined) return stopped;
    if (error instanceof LeaseLost) {
      // A write found out before the renewal did: the process was stopped, or the machine slept.
      this.#lose(error.message);
      return lost(error.message);
    }
    return resultOfError(error);
  }

  /** Ctrl-C and a lost Lease end everything, whatever came of what was under way. */
  #stopped(): RunResult | undefined {
    if (this.#context.signal.aborted) return interrupted();
    return this.#leaseLost === undefined ? undefined : lost(this.#leaseLost);
  }

  async #runAll(tools: RunTools): Promise<RunResult> {
    const tooEarly = this.#isLook() || this.#request.back !== undefined ? undefined : await this.#judgeTriggers(tools);
    if (tooEarly !== undefined) return tooEarly;
    const { from, back } = this.#request;
    for (const phase of this.#phases.filter(({ number }) => number < from && back === undefined)) {
      const refused = await this.#confirmPrerequisite(phase, tools);
      if (refused !== undefined) return refused;
    }
    const results: PhaseResult[] = [];
    for (const phase of this.#selected()) {
      tools.lock?.describe(phase.number);
      const result = await this.#runOne(phase, tools);
      results.push(result);
      const stopped = this.#stopped();
      if (stopped !== undefined) return stopped;
      if (!result.mayContinue && !this.#isLook()) break;
    }
    return this.#sumUp(results);
  }

  /** On entry; they never stop a rollout that has begun, nor a look at whether the cluster is ready for one. */
  async #judgeTriggers({ signal }: RunTools): Promise<RunResult | undefined> {
    const triggers = await judgeTriggers(this.#goals.triggers, this.#context, signal);
    const stopped = this.#stopped();
    if (stopped !== undefined) return stopped;
    await this.#progress.recordTriggers(triggers);
    const hasBegun = this.#phases
      .filter(({ number }) => number > 0)
      .flatMap(({ objectives }) => objectives)
      .some(({ status, evidence }) => status !== 'pending' || evidence !== undefined);
    const refused = hasBegun || !this.#isWriting() ? undefined : await refuseStart(triggers, this.#context.approvals);
    if (refused === undefined) return undefined;
    // What could be seen is not met; a person's word may be missing.
    const open = triggers.find(({ state }) => state === 'unknown') ?? triggers[0];
    const remedy = `when one of them is a person's to say: anton-logging approve ${open?.id} --by NAME --note TEXT`;
    return finish(EXIT.notReady, refused, remedy);
  }

  /** Every result is in the goals file before the next begins. */
  async #runOne(phase: MatchedPhase, tools: RunTools): Promise<PhaseResult> {
    const look = !tools.request.apply;
    const result = await runPhase(phase, tools, async (id, outcome) => {
      if (outcome.evidence !== undefined && !tools.request.dryRun) this.#evidence.set(id, outcome.evidence);
      await this.#progress.recordObjective(phase, id, outcome, look);
    });
    this.#states.set(phase.number, this.#request.back === undefined ? result.status : statusAfterRollback(result.status));
    await this.#progress.recordPhase(phase, result.status, look);
    return result;
  }

  /** A phase before the first one to run: its evidence counts, a bare claim is judged. */
  async #confirmPrerequisite(phase: MatchedPhase, tools: RunTools): Promise<RunResult | undefined> {
    if (phase.objectives.every(isPassable) || this.#isLook()) return undefined;
    const named = `phase ${phase.number} (${phase.name})`;
    const claimed = phase.objectives.every(({ status, skipped }) => skipped !== undefined || status === 'completed');
    if (!claimed) {
      return finish(
        EXIT.notReady,
        `${named} is not completed, and phase ${this.#request.from} builds on it`,
        `anton-logging phase run ${phase.number}, or all that is left: anton-logging run`,
      );
    }
    const result = await this.#runOne(phase, { ...tools, request: { ...tools.request, apply: false } });
    const stopped = this.#stopped();
    if (stopped !== undefined || result.status === 'completed') return stopped;
    const remedy = `anton-logging phase run ${phase.number}`;
    const mend = result.remedy === undefined || hasSteps(phase) ? remedy : `${result.remedy}; then: ${remedy}`;
    if (result.exit === EXIT.unknown) {
      return finish(
        EXIT.unknown,
        `${named} is claimed as completed, but it can't be told: ${paragraphOf(result)}`,
        result.remedy ?? remedy,
      );
    }
    return finish(EXIT.notReady, `${named} is claimed as completed, but it is not: ${paragraphOf(result)}`, mend);
  }

  #sumUp(results: readonly PhaseResult[]): RunResult {
    const exit = worstExit(results.map((result) => result.exit));
    const decisive = results.find((result) => result.exit === exit);
    if (exit !== EXIT.done) return finish(exit, paragraphOf(decisive), decisive?.remedy);
    const done = results.filter(({ status }) => status === 'completed').length;
    const { dryRun, back, to } = this.#request;
    const ended = back === undefined ? `${done} of ${results.length} phases completed` : `phase ${to} is rolled back`;
    const what = dryRun ? 'dry run: nothing was changed' : ended;
    return finish(EXIT.done, what);
  }

  #selected(): readonly MatchedPhase[] {
    return this.#phases.filter(({ number }) => number >= this.#request.from && number <= this.#request.to);
  }

  #isLook(): boolean {
    return this.#request.dryRun || !this.#request.apply;
  }

  /** Readers take no Lease, and phase 0 reads only. */
  #isWriting(): boolean {
    return !this.#isLook() && this.#request.to > 0;
  }

  #signal(): AbortSignal {
    return AbortSignal.any([this.#context.signal, this.#stop.signal]);
  }

  #lose(why: string): void {
    this.#leaseLost = why;
    this.#emit({ type: 'lock.lost', why });
    this.#stop.abort();
  }
}

/** Whether running the phase may mend what is not met; otherwise it would only look again. */
function hasSteps({ objectives }: MatchedPhase): boolean {
  return objectives.some(({ definition }) => (definition?.steps ?? []).length > 0);
}
