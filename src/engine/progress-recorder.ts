import { loadGoals } from '#goals/load.ts';
import { initiativeStatusOf, phaseStatusOf } from '#goals/progress.ts';
import { recordProgress } from '#goals/record.ts';
import type { Evidence, Goals, MatchedObjective, MatchedPhase, ProgressUpdate } from '#goals/types.ts';
import { EXIT, UserError } from '#model/errors.ts';
import type { Status } from '#model/event.ts';
import type { TriggerStatus } from '#model/status.ts';
import type { RunContext, RunRequest } from './context.ts';
import { describeDeclared } from './declared.ts';
import { wasShown } from './evidence.ts';
import { isDeclaredAnew } from './freshness.ts';
import type { ObjectiveResult } from './objective-log.ts';
import { findEdits } from './plan-moves.ts';

/** Writes what a run finds into the goals file as soon as it is known, and only what the run may say. */
export class ProgressRecorder {
  readonly #context: Pick<RunContext, 'goalsFile' | 'clock'>;
  readonly #goals: Goals;
  readonly #phases: readonly MatchedPhase[];
  readonly #request: Pick<RunRequest, 'dryRun' | 'back'>;
  readonly #objectives = new Map<string, Status>();
  readonly #states = new Map<number, Status>();

  constructor(
    context: Pick<RunContext, 'goalsFile' | 'clock'>,
    goals: Goals,
    phases: readonly MatchedPhase[],
    request: Pick<RunRequest, 'dryRun' | 'back'>,
  ) {
    this.#context = context;
    this.#goals = goals;
    this.#phases = phases;
    this.#request = request;
  }

  /** @param look nothing was changed: what is not met yet stays what the file says, only claims can be refuted */
  async recordObjective(phase: MatchedPhase, id: string, result: ObjectiveResult, look: boolean): Promise<void> {
    if (this.#request.back !== undefined) return this.#recordTakenBack(phase, id, result);
    const before = phase.objectives.find((objective) => objective.id === id) as MatchedObjective;
    const status = look ? statusAfterLook(before, result) : result.status;
    // What could not be told, or was not begun, says nothing.
    if (status === undefined || (result.evidence === undefined && status !== 'skipped')) return;
    this.#objectives.set(id, status);
    const entry = { phase: phase.number, objective: id, status, at: this.#now() };
    const { evidence } = result;
    await this.#write((goals) => ({
      objectives: [evidence === undefined ? entry : { ...entry, evidence: withApprovals(evidence, goals, phase.number, id) }],
    }));
  }

  /** What was shown of it does not count any more, approvals included. */
  async #recordTakenBack({ number }: MatchedPhase, id: string, { status: ended }: ObjectiveResult): Promise<void> {
    const at = this.#now();
    const status = statusAfterRollback(ended);
    const evidence = { at, run: '', checks: {}, approvals: {}, desired: '' };
    await this.#write(() => ({ objectives: [{ phase: number, objective: id, status, at, evidence }] }));
  }

  async recordPhase(phase: MatchedPhase, result: Status, look: boolean): Promise<void> {
    const ended = this.#request.back === undefined ? result : statusAfterRollback(result);
    const status = look && phase.objectives.length > 0 ? phaseStatusOf(phase.objectives.map((each) => this.#statusOf(each))) : ended;
    this.#states.set(phase.number, status);
    const states = this.#phases.map(({ number, status: claimed }) => this.#states.get(number) ?? claimed);
    const update = { phases: [{ phase: phase.number, status, at: this.#now() }], initiative: initiativeStatusOf(states) };
    await this.#write(() => update);
  }

  async recordTriggers(triggers: readonly TriggerStatus[]): Promise<void> {
    const at = this.#now();
    await this.#write((goals) => {
      const words = new Map(goals.triggers.map(({ id, attested }) => [id, attested]));
      // A person's word keeps its name and date.
      const seen = triggers.filter(({ id, observed }) => words.get(id) === undefined || words.get(id) !== observed);
      return { triggers: Object.fromEntries(seen.map(({ id, state, observed }) => [id, { state, observed, at }])) };
    });
  }

  /** The run is pinned to what the goals declare: an edit of that in between ends it before it writes to the file. */
  async #write(update: (goals: Goals) => ProgressUpdate): Promise<void> {
    if (this.#request.dryRun) return;
    const { path } = this.#context.goalsFile;
    await this.#context.goalsFile.update((text) => {
      const goals = loadGoals(text, path);
      if (goals.digest !== this.#goals.digest) {
        const edits = findEdits(describeDeclared(this.#goals.value), describeDeclared(goals.value));
        throw new UserError(
          `${path} was changed during the run:\n${edits.map((edit) => `  ${edit}`).join('\n')}`,
          'keep there what is right, then: anton-logging resume; it plans anew',
        );
      }
      return recordProgress(text, update(goals));
    });
  }

  #statusOf({ id, status, skipped }: MatchedObjective): Status {
    return skipped === undefined ? (this.#objectives.get(id) ?? status) : 'skipped';
  }

  #now(): string {
    return this.#context.clock.now().toISOString();
  }
}

/** What a person attested while the run went on is in the file only. */
function withApprovals(evidence: Evidence, { phases }: Goals, number: number, id: string): Evidence {
  const phase = phases.find((each) => each.number === number);
  const now = phase?.objectives.find((objective) => objective.id === id) ?? phase?.added[id];
  return { ...evidence, approvals: { ...now?.evidence?.approvals, ...evidence.approvals } };
}

/** Half a way back is no way to stay. */
export function statusAfterRollback(ended: Status): Status {
  return ended === 'completed' || ended === 'skipped' ? 'pending' : 'in_progress';
}

/** A bare claim that does not hold was never shown: it becomes pending. What was shown once and does not hold any more is regressed, unless something else is wanted now. */
function statusAfterLook(before: MatchedObjective, { status, exit }: ObjectiveResult): Status | undefined {
  if (status === 'completed' || status === 'skipped') return status;
  if (exit === EXIT.unknown || exit === EXIT.interrupted) return undefined;
  if (before.status !== 'completed') return before.status;
  if (isDeclaredAnew(before)) return 'in_progress';
  return wasShown(before) ? 'regressed' : 'pending';
}
