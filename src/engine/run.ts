import { matchPhases } from '#goals/catalogue.ts';
import { loadGoals } from '#goals/load.ts';
import { initiativeStatusOf } from '#goals/progress.ts';
import { recordProgress } from '#goals/record.ts';
import type { Goals, MatchedPhase, ProgressUpdate } from '#goals/types.ts';
import { EXIT, type Exit, LeaseLost, UserError } from '#model/errors.ts';
import type { RunState, Status } from '#model/event.ts';
import type { HeldLock } from '#model/ports.ts';
import type { RunContext, RunRequest } from './context.ts';
import { createEmit } from './emit.ts';
import { runStateOf } from './exit.ts';
import type { ObjectiveResult } from './objective.ts';
import { describePermission, distinct, permissionsOf } from './permissions.ts';
import { isShown, type PhaseResult, runPhase } from './phase.ts';
import type { RunTools } from './run-tools.ts';
import { judgeTriggers } from './triggers.ts';

export interface RunResult {
  readonly exit: Exit;
  readonly state: RunState;
  readonly summary: string;
  readonly remedy?: string;
}

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
  readonly #emit: RunTools['emit'];
  readonly #stop = new AbortController();
  readonly #states = new Map<number, Status>();
  #leaseLost: string | undefined;

  constructor(context: RunContext, request: RunRequest, goals: Goals) {
    this.#context = context;
    this.#request = request;
    this.#goals = goals;
    this.#phases = matchPhases(
      context.phases.map((phase) => ({ number: phase.number, name: phase.name, body: phase.for(context.environment) })),
      goals,
    );
    this.#emit = createEmit(context, request.run);
  }

  async execute(): Promise<RunResult> {
    const { from, to, resumes } = this.#request;
    this.#emit({
      type: 'run.started',
      goals: this.#context.goalsFile.path,
      declared: this.#goals.digest,
      from,
      to,
      cluster: this.#context.cluster,
      rehearsal: this.#context.rehearsal,
      ...(resumes === undefined ? {} : { resumes }),
    });
    const result = await this.#guarded();
    const phases = [...this.#states].map(([phase, state]) => ({ phase, state }));
    this.#emit({
      type: 'run.finished',
      state: result.state,
      exit: result.exit,
      phases,
      summary: result.summary,
      ...(result.remedy === undefined ? {} : { remedy: result.remedy }),
    });
    return result;
  }

  /** What the user can act on ends the run in order, with the Lease released. */
  async #guarded(): Promise<RunResult> {
    let lock: HeldLock | undefined;
    try {
      if (this.#isWriting()) lock = await this.#context.lock.acquire(this.#request.run, (why) => this.#lose(why), this.#context.signal);
      const tools = { context: this.#context, request: this.#request, emit: this.#emit, signal: this.#signal(), lock };
      return (await this.#preflight()) ?? (await this.#runAll(tools));
    } catch (error) {
      return this.#endOf(error);
    } finally {
      await lock?.release();
    }
  }

  #endOf(error: unknown): RunResult {
    if (error instanceof LeaseLost) {
      const why = this.#leaseLost ?? error.message;
      return finish(EXIT.locked, `the Lease was lost: ${why}`, 'see who holds it with `anton-logging unlock`, then resume');
    }
    if (this.#context.signal.aborted) return this.#interrupted();
    if (error instanceof UserError) return finish(error.exit, error.message, error.remedy);
    throw error;
  }

  /** Every permission of the phases to come, asked for before the first write. */
  async #preflight(): Promise<RunResult | undefined> {
    const permissions = distinct(this.#selected().flatMap(({ body }) => permissionsOf(body)));
    const denied = (await this.#context.access.denied(permissions, this.#signal())).map(describePermission);
    this.#emit({ type: 'preflight.finished', asked: permissions.length, denied });
    if (denied.length === 0) return undefined;
    return finish(
      EXIT.notReady,
      `${denied.length} of ${permissions.length} permissions are missing:\n${denied.map((one) => `  ${one}`).join('\n')}`,
      'grant them to the user or service account of this kubeconfig, then run again; nothing was changed',
    );
  }

  async #runAll(tools: RunTools): Promise<RunResult> {
    await this.#recordTriggers(tools);
    const results: PhaseResult[] = [];
    for (const phase of this.#phases.filter(({ number }) => number < this.#request.from)) {
      const refused = await this.#confirmPrerequisite(phase, tools);
      if (refused !== undefined) return refused;
    }
    for (const phase of this.#selected()) {
      tools.lock?.describe(phase.number);
      const result = await runPhase(phase, tools, (objective, outcome) => this.#record(phase, objective, outcome));
      this.#states.set(phase.number, result.status);
      await this.#recordPhase(phase, result.status);
      results.push(result);
      if (tools.signal.aborted) return this.#leaseLost === undefined ? this.#interrupted() : this.#endOf(new LeaseLost(this.#leaseLost));
      if (!result.mayContinue && !this.#isLook()) break;
    }
    return this.#sumUp(results);
  }

  /** A phase before the first one to run: its evidence counts, a bare claim is judged. */
  async #confirmPrerequisite(phase: MatchedPhase, tools: RunTools): Promise<RunResult | undefined> {
    if (isShown(phase) || this.#isLook()) return undefined;
    const claimed = phase.objectives.every(({ status, skipped }) => skipped !== undefined || status === 'completed');
    if (claimed) {
      const looking = { ...tools, request: { ...tools.request, apply: false } };
      const result = await runPhase(phase, looking, (objective, outcome) => this.#record(phase, objective, outcome));
      this.#states.set(phase.number, result.status === 'completed' ? 'completed' : 'pending');
      if (result.status === 'completed') return undefined;
      await this.#recordPhase(phase, 'pending');
      return finish(
        EXIT.notReady,
        `phase ${phase.number} (${phase.name}) is claimed as completed, but it is not: ${result.reason}`,
        `anton-logging phase run ${phase.number}`,
      );
    }
    return finish(
      EXIT.notReady,
      `phase ${phase.number} (${phase.name}) is not completed, and phase ${this.#request.from} builds on it`,
      `anton-logging phase run ${phase.number}, or all that is left: anton-logging run`,
    );
  }

  #sumUp(results: readonly PhaseResult[]): RunResult {
    const decisive =
      results.find(({ exit }) => exit !== EXIT.done && exit !== EXIT.waiting) ?? results.find(({ exit }) => exit !== EXIT.done);
    if (decisive !== undefined) return finish(decisive.exit, decisive.reason ?? 'not completed', decisive.remedy);
    const done = results.filter(({ status }) => status === 'completed').length;
    const what = this.#request.dryRun ? 'dry run: nothing was changed' : `${done} of ${results.length} phases completed`;
    return finish(EXIT.done, what);
  }

  async #record(phase: MatchedPhase, objective: string, result: ObjectiveResult): Promise<void> {
    const status = this.#isClaimRefuted(phase, objective, result) ? 'pending' : result.status;
    if (result.evidence === undefined && result.status !== 'skipped') return;
    const entry = { phase: phase.number, objective, status, at: this.#context.clock.now().toISOString() };
    await this.#write({ objectives: [result.evidence === undefined ? entry : { ...entry, evidence: result.evidence }] });
  }

  /** A bare claim that does not hold was never shown: it becomes pending, not regressed. */
  #isClaimRefuted(phase: MatchedPhase, id: string, result: ObjectiveResult): boolean {
    const before = phase.objectives.find((objective) => objective.id === id);
    return !this.#request.apply && before?.evidence === undefined && result.status !== 'completed' && result.status !== 'skipped';
  }

  async #recordPhase(phase: MatchedPhase, status: Status): Promise<void> {
    const states = this.#phases.map(({ number, status: claimed }) =>
      number === phase.number ? status : (this.#states.get(number) ?? claimed),
    );
    await this.#write({
      phases: [{ phase: phase.number, status, at: this.#context.clock.now().toISOString() }],
      initiative: initiativeStatusOf(states),
    });
  }

  async #recordTriggers({ signal }: RunTools): Promise<void> {
    if (!this.#request.apply || this.#request.dryRun) return;
    const at = this.#context.clock.now().toISOString();
    const judged = await judgeTriggers(this.#goals.triggers, this.#context, signal);
    await this.#write({ triggers: Object.fromEntries(judged.map(({ id, state, observed }) => [id, { state, observed, at }])) });
  }

  /** The run is pinned to what the goals declare: an edit of that in between ends it before it writes to the file. */
  async #write(update: ProgressUpdate): Promise<void> {
    if (this.#request.dryRun) return;
    await this.#context.goalsFile.update((text) => {
      if (loadGoals(text, this.#context.goalsFile.path).digest !== this.#goals.digest) {
        throw new UserError(
          `${this.#context.goalsFile.path} was changed during the run: it declares something else now`,
          'read the change, then resume: it will be planned anew',
        );
      }
      return recordProgress(text, update);
    });
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

  #interrupted(): RunResult {
    return finish(EXIT.interrupted, 'interrupted; what was done is recorded', 'anton-logging resume');
  }
}

function finish(exit: Exit, summary: string, remedy?: string): RunResult {
  return { exit, state: runStateOf(exit), summary, ...(remedy === undefined ? {} : { remedy }) };
}
