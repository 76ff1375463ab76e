import type { CheckEvidence, Evidence, MatchedObjective } from '#goals/types.ts';
import type { Check, Gate } from '#model/check.ts';
import { digestOf } from '#model/digest.ts';
import type { Objective } from '#model/phase.ts';
import type { Attestation } from '#model/ports.ts';
import type { Outcome } from '#model/verdict.ts';

/** Whether a run has shown it: not a bare claim, nor one that has nothing but approvals beside it. */
export function wasShown({ status, evidence }: Pick<MatchedObjective, 'status' | 'evidence'>): boolean {
  return status === 'completed' && evidence !== undefined && evidence.run !== '';
}

/** The same of one that may have regressed since: what it does not hold any more was shown once. */
export function wasOnceShown({ status, evidence }: Pick<MatchedObjective, 'status' | 'evidence'>): boolean {
  return wasShown({ status: status === 'regressed' ? 'completed' : status, ...(evidence === undefined ? {} : { evidence }) });
}

/**
 * Of an objective's desired state: what it commits, and what it is judged by, as the titles say with the values in them.
 * Another digest means that it has to be planned again.
 */
export function digestDesired({ definition }: Pick<MatchedObjective, 'definition'>): string {
  if (definition === undefined) return digestOf([]);
  const digest = digests.get(definition) ?? digestOf(describeDesired(definition));
  digests.set(definition, digest);
  return digest;
}

/** Steps are rendered anew whenever somebody asks for them. */
const digests = new WeakMap<Objective, string>();

function describeDesired({ steps = [], deliverables }: Objective): object {
  const validations = deliverables.flatMap((deliverable) => (deliverable.skipped === undefined ? deliverable.validations : []));
  return {
    commits: steps.flatMap((step) => (step.do === 'commit' ? [{ files: step.files, edits: step.edits }] : [])),
    judged: validations.map((validation) => ('of' in validation ? validation.of : validation.title)),
  };
}

/** Whether it has to be judged now: what holds on entry or once is over when it was met. */
export function isStanding({ id, holds }: Pick<Check, 'id' | 'holds'>, evidence: Evidence | undefined): boolean {
  return holds === 'always' || evidence?.checks[id]?.state !== 'met';
}

/** Collects what an objective's run has shown, on top of what an earlier one had. */
export class EvidenceBook {
  readonly #earlier: Evidence | undefined;
  readonly #run: string;
  readonly #checks: Record<string, CheckEvidence>;
  readonly #approvals: Record<string, Attestation>;
  #waiting: Evidence['waiting_for'];

  constructor(earlier: Evidence | undefined, run: string) {
    this.#earlier = earlier;
    this.#run = run;
    this.#checks = { ...earlier?.checks };
    this.#approvals = { ...earlier?.approvals };
  }

  get checks(): Evidence['checks'] {
    return this.#checks;
  }

  get approvals(): Readonly<Record<string, Attestation>> {
    return this.#approvals;
  }

  judge(id: string, outcome: Outcome, at: Date): void {
    this.#checks[id] = { state: outcome.state, saw: outcome.saw, at: at.toISOString() };
  }

  pass(gate: Gate, saw: string, approval: Attestation | undefined, at: Date): void {
    if (approval === undefined) this.#checks[gate.id] = { state: 'met', saw, at: at.toISOString() };
    else if (gate.gate === 'approval') this.#approvals[gate.of] = approval;
  }

  /** Of several open gates the one that holds others up is named. */
  wait(what: NonNullable<Evidence['waiting_for']>): void {
    if (this.#waiting === undefined || this.#waiting.non_blocking === true) this.#waiting = what;
  }

  close(desired: string, at: Date): Evidence {
    const { desired: before, changed_at } = this.#earlier ?? {};
    const changed = before === desired ? changed_at : at.toISOString();
    return {
      at: at.toISOString(),
      run: this.#run,
      desired,
      checks: this.#checks,
      approvals: this.#approvals,
      ...(changed === undefined ? {} : { changed_at: changed }),
      ...(this.#waiting === undefined ? {} : { waiting_for: this.#waiting }),
    };
  }
}
