import { EXIT, type Exit, Unobserved, Unreadable, UserError } from '#model/errors.ts';
import type { Examination, ExaminedThing } from '#model/examination.ts';
import type { Outcome, Unknown } from '#model/verdict.ts';
import { worstExit } from './exit.ts';
import { describePermission } from './permissions.ts';
import type { Need } from './rollout-permissions.ts';

type Thing = Pick<ExaminedThing, 'part' | 'id' | 'title'>;

/** Collects what a look at the surroundings finds. */
export class Examining {
  readonly #findings: ExaminedThing[] = [];

  tell(thing: Thing, outcome: Outcome): void {
    const { state, saw } = outcome;
    const { cause, remedy } = 'remedy' in outcome ? outcome : {};
    this.#findings.push({ ...thing, state, saw, ...(cause === undefined ? {} : { cause }), ...(remedy === undefined ? {} : { remedy }) });
  }

  /** What came of trying; undefined when it did not work, which is told. Only bugs are thrown. */
  async attempt<T>(thing: Thing, act: () => Promise<T>, judge: (value: T) => Outcome): Promise<T | undefined> {
    try {
      const value = await act();
      this.tell(thing, judge(value));
      return value;
    } catch (error) {
      this.tell(thing, outcomeOf(error));
      return undefined;
    }
  }

  finish(now: Date, skipped: Examination['skipped']): Examination {
    return { observed_at: now.toISOString(), findings: this.#findings, skipped, exit: worstExit(this.#findings.map(exitOf)) };
  }
}

/** Whether all that something needs is granted. @param denied of all permissions, as `describePermission` has them */
export function judgeNeed({ permissions }: Need, denied: ReadonlySet<string>, remedy: string): Outcome {
  const missing = permissions.map(describePermission).filter((one) => denied.has(one));
  if (missing.length === 0) return { state: 'met', saw: `${permissions.length} of ${permissions.length} granted` };
  return { state: 'failed', saw: `${missing.length} of ${permissions.length} denied`, cause: missing, remedy };
}

function exitOf({ state }: ExaminedThing): Exit {
  if (state === 'met') return EXIT.done;
  return state === 'unknown' ? EXIT.unknown : EXIT.notReady;
}

function outcomeOf(error: unknown): Outcome {
  if (error instanceof UserError) {
    const { message, remedy, exit } = error;
    return exit === EXIT.unknown ? untold(message, remedy) : { state: 'failed', saw: message, cause: [], remedy };
  }
  if (error instanceof Unobserved || error instanceof Unreadable) return untold(error.message, 'kubectl version shows whether it answers');
  throw error;
}

function untold(saw: string, remedy: string): Unknown {
  return { state: 'unknown', permanent: false, saw, cause: [], remedy };
}
