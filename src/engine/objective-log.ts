import type { Evidence, MatchedObjective } from '#goals/types.ts';
import type { Check, Gate } from '#model/check.ts';
import { EXIT, type Exit } from '#model/errors.ts';
import type { Status } from '#model/event.ts';
import type { Merge } from '#model/ports.ts';
import { met, type Outcome } from '#model/verdict.ts';
import { EvidenceBook } from './evidence.ts';
import type { Place, Refusal } from './execute.ts';
import type { GateState, Waiting } from './gate.ts';
import type { RunTools } from './run-tools.ts';

export interface ObjectiveResult {
  readonly status: Status;
  readonly exit: Exit;
  /** For a person, when it did not complete. */
  readonly reason?: string;
  /** Why that, outermost first. */
  readonly because?: readonly string[];
  readonly remedy?: string;
  readonly evidence?: Evidence;
  /** Only gates that let later phases run are open. */
  readonly mayContinue?: boolean;
  /** Not even the other objectives of its phase may begin: they build on it. */
  readonly holdsUp?: true;
}

/** What is told of one objective while it runs: events, evidence, and how it ended. */
export class ObjectiveLog {
  readonly evidence: EvidenceBook;
  readonly #phase: number;
  readonly #objective: MatchedObjective;
  readonly #tools: RunTools;
  #changes = 0;
  #committed: Date | undefined;

  constructor(phase: number, objective: MatchedObjective, tools: RunTools) {
    this.#phase = phase;
    this.#objective = objective;
    this.#tools = tools;
    this.evidence = new EvidenceBook(objective.evidence, tools.request.run);
  }

  /** The place of the next change. */
  next(): Place {
    return { ...this.#where(), number: ++this.#changes };
  }

  /** What is met from now on is met after a commit. */
  committed(): void {
    this.#committed = this.#now();
  }

  /** @param isLast whether nobody waits for it any longer, although it may still come */
  judged(check: Pick<Check, 'id' | 'title'>, outcome: Outcome, isLast = false): void {
    const now = this.#now();
    this.evidence.judge(check.id, outcome, now);
    const isAfter = outcome.state === 'met' && this.#committed !== undefined;
    const after = isAfter ? { after_commit_ms: now.getTime() - (this.#committed as Date).getTime() } : {};
    this.#tools.emit({ type: 'check.judged', ...this.#where(), ...describeOutcome(check, this.#offerRepair(outcome), isLast), ...after });
  }

  passed(gate: Gate, { saw, approval }: Extract<GateState, { state: 'open' }>): void {
    this.evidence.pass(gate, saw, approval, this.#now());
    const check = { id: gate.id, title: gate.gate === 'soak' ? gate.title : `Approval: ${gate.of}` };
    this.#tools.emit({ type: 'check.judged', ...this.#where(), ...describeOutcome(check, met(saw)) });
  }

  waiting(gate: Gate, state: Waiting): ObjectiveResult {
    const waiting = describeWaiting(gate, state);
    const { what, remedy } = waiting;
    this.#tools.emit({ type: 'gate.waiting', ...this.#where(), kind: gate.gate, ...waiting });
    const mayContinue = gate.gate === 'soak' && gate.nonBlocking === true;
    this.evidence.wait({ ...waiting, ...(mayContinue ? { non_blocking: true as const } : {}) });
    return { status: 'waiting', exit: EXIT.waiting, reason: what, remedy, evidence: this.#close(), mayContinue };
  }

  /** What was pushed as a branch counts once somebody has merged it: by what the branch that Flux follows holds then. */
  awaitsMerge({ what, remedy }: Merge): ObjectiveResult {
    const waiting = { gate: 'git.merge', what, remedy };
    this.#tools.emit({ type: 'gate.waiting', ...this.#where(), kind: 'merge', ...waiting });
    this.evidence.wait(waiting);
    return { status: 'waiting', exit: EXIT.waiting, reason: what, remedy, evidence: this.#close(), holdsUp: true };
  }

  /** @param desired digest of the state that was shown */
  completed(desired: string): ObjectiveResult {
    return { status: 'completed', exit: EXIT.done, evidence: this.#close(desired) };
  }

  notMet(title: string, outcome: Outcome): ObjectiveResult {
    const unknown = outcome.state === 'unknown';
    return {
      status: unknown ? 'blocked' : 'failed',
      exit: unknown ? EXIT.unknown : EXIT.failed,
      reason: `${title}: ${outcome.saw}`,
      ...(outcome.state === 'met' ? {} : { because: outcome.cause, remedy: this.#offerRepair(outcome).remedy }),
      evidence: this.#close(),
    };
  }

  refused({ refused, remedy }: Refusal): ObjectiveResult {
    return { status: 'failed', exit: EXIT.failed, reason: refused, remedy, evidence: this.#close() };
  }

  interrupted(): ObjectiveResult {
    return { status: 'in_progress', exit: EXIT.interrupted, reason: 'interrupted', evidence: this.#close() };
  }

  /** A look can't show a probe anew. */
  untold(reason: string): ObjectiveResult {
    const remedy = `anton-logging phase run ${this.#phase}`;
    return { status: 'pending', exit: EXIT.unknown, reason, remedy, evidence: this.#close() };
  }

  /** Without the permission to repair, the remedy says how to give it. */
  #offerRepair<O extends Outcome>(outcome: O): O {
    const isOffered = outcome.state === 'failed' && outcome.repair !== undefined && !this.#tools.request.repair;
    return isOffered ? { ...outcome, remedy: `${outcome.remedy}; or have it done: anton-logging resume --repair` } : outcome;
  }

  /** The declared state counts as shown only at the end of a run that applied it; a look leaves it as it was. */
  #close(desired = ''): Evidence {
    const before = this.#objective.evidence?.desired ?? '';
    return this.evidence.close(this.#tools.request.apply ? desired : before, this.#now());
  }

  #where(): Omit<Place, 'number'> {
    return { phase: this.#phase, objective: this.#objective.id };
  }

  #now(): Date {
    return this.#tools.context.clock.now();
  }
}

/** What status, events and the goals file say of a gate that is not over. */
export function describeWaiting({ id }: Pick<Gate, 'id'>, { what, since, until, breaks, remedy }: Waiting) {
  return {
    gate: id,
    what,
    ...(since === undefined ? {} : { since: since.toISOString() }),
    ...(until === undefined ? {} : { until: until.toISOString() }),
    ...(breaks === undefined ? {} : { breaks }),
    remedy,
  };
}

/** The fields of a `check.judged` event. */
export function describeOutcome(check: Pick<Check, 'id' | 'title'>, outcome: Outcome, isLast = false) {
  const why = outcome.state === 'met' ? {} : { cause: outcome.cause, remedy: outcome.remedy };
  const last = isLast && outcome.state !== 'met' ? { final: true as const } : {};
  return { check: check.id, title: check.title, state: outcome.state, summary: outcome.saw, ...why, ...last };
}
