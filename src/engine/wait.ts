import type { Check } from '#model/check.ts';
import type { Scope } from '#model/kubernetes.ts';
import type { Clock, Observer } from '#model/ports.ts';
import type { Read } from '#model/read.ts';
import type { Outcome } from '#model/verdict.ts';
import { isDeferred, judgeRound, lookOnce } from './judge.ts';

const FIRST_POLL = 50;
const LONGEST_POLL = 5_000;
/** Changes come in bursts; one look for a burst. */
const COALESCE = 10;

export interface WaitOptions {
  readonly observer: Observer;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Milliseconds; waiting ends then with the causes found so far. */
  readonly timeout: number;
  /** Called when a check's outcome differs from the one before, and at the deadline once more for what is still not met. */
  onJudged(check: Check, outcome: Outcome, atDeadline: boolean): void;
  /** What waiting that ends red looks into before it is told: the outcomes with longer causes. */
  explain?(red: readonly Check[], outcomes: ReadonlyMap<string, Outcome>): Promise<ReadonlyMap<string, Outcome>>;
}

export type Ending = 'met' | 'failed' | 'deadline' | 'aborted';

export interface Waited {
  readonly ending: Ending;
  readonly outcomes: ReadonlyMap<string, Outcome>;
}

/**
 * Judges all checks again and again until all are met in the same round, one has failed for good, the time is over or the signal aborts.
 * Driven by watches where the reads can be watched, and by polling with growing intervals where they cannot.
 */
export async function awaitChecks(checks: readonly Check[], options: WaitOptions): Promise<Waited> {
  const { clock, observer, signal } = options;
  const deadline = clock.now().getTime() + options.timeout;
  const waker = new Waker(scopesOf(checks), observer, clock, signal);
  const last = new Map<string, string>();
  try {
    for (let poll = FIRST_POLL; ; poll = Math.min(poll * 1.5, LONGEST_POLL)) {
      const judged = await judgeRound(checks, lookOnce(observer, signal), clock.now());
      const left = deadline - clock.now().getTime();
      const ending = endingOf(judged, left);
      const outcomes = ending === undefined || signal.aborted ? judged : await explain(ending, checks, judged, options);
      if (signal.aborted) return { ending: 'aborted', outcomes };
      report(checks, outcomes, last, ending === 'deadline', options);
      if (ending !== undefined) return { ending, outcomes };
      await waker.wait(Math.min(poll, left));
      if (signal.aborted) return { ending: 'aborted', outcomes };
    }
  } finally {
    waker.stop();
  }
}

/** Of the checks that are not met, the one to tell of: what failed before what can't be told before what may still come. */
export function findDecisive(
  checks: readonly Check[],
  outcomes: ReadonlyMap<string, Outcome>,
): { readonly check: Check; readonly outcome: Outcome } | undefined {
  const red = checks.map((check) => ({ check, outcome: outcomes.get(check.id) as Outcome })).filter(({ outcome }) => outcome !== undefined);
  // One that waits for another says nothing of its own.
  const byWeight = [...red.filter(({ outcome }) => !isDeferred(outcome)), ...red];
  for (const state of ['failed', 'unknown', 'pending']) {
    const found = byWeight.find(({ outcome }) => outcome.state === state);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** @param left milliseconds until the deadline */
function endingOf(outcomes: ReadonlyMap<string, Outcome>, left: number): Ending | undefined {
  const all = [...outcomes.values()];
  if (all.some((outcome) => outcome.state === 'failed' || (outcome.state === 'unknown' && outcome.permanent))) return 'failed';
  if (all.every(({ state }) => state === 'met')) return 'met';
  return left <= 0 ? 'deadline' : undefined;
}

/** What failed is the last word while others are still pending; at the deadline all that is not met is. */
async function explain(
  ending: Ending,
  checks: readonly Check[],
  outcomes: ReadonlyMap<string, Outcome>,
  options: WaitOptions,
): Promise<ReadonlyMap<string, Outcome>> {
  const isLast = ({ id }: Check) => ending === 'deadline' || outcomes.get(id)?.state === 'failed';
  return ending === 'met' || options.explain === undefined ? outcomes : options.explain(checks.filter(isLast), outcomes);
}

function report(
  checks: readonly Check[],
  outcomes: ReadonlyMap<string, Outcome>,
  last: Map<string, string>,
  atDeadline: boolean,
  options: Pick<WaitOptions, 'onJudged'>,
): void {
  for (const check of checks) {
    const outcome = outcomes.get(check.id) as Outcome;
    // A value that drifts while all is well is no news, and neither is a check that was not looked at yet.
    const key = outcome.state === 'met' ? 'met' : `${outcome.state} ${outcome.saw}`;
    const isTold = last.get(check.id) === key && (!atDeadline || outcome.state === 'met');
    if (isTold || isDeferred(outcome)) continue;
    last.set(check.id, key);
    options.onJudged(check, outcome, atDeadline);
  }
}

function scopesOf(checks: readonly Check[]): readonly Scope[] {
  const scopes = checks.flatMap((check) => Object.values(check.reads as Record<string, Read<unknown>>).flatMap(({ wakes }) => wakes ?? []));
  return [...new Map(scopes.map((scope) => [JSON.stringify(scope), scope])).values()];
}

/** Sleeps until something watched changed, or the time is over. */
class Waker {
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #watches = new AbortController();
  #changed = false;
  #wake: () => void = () => {};

  constructor(scopes: readonly Scope[], observer: Observer, clock: Clock, signal: AbortSignal) {
    this.#clock = clock;
    this.#signal = signal;
    const ends = AbortSignal.any([signal, this.#watches.signal]);
    for (const scope of scopes) {
      observer.watch(
        scope,
        () => {
          this.#changed = true;
          this.#wake();
        },
        ends,
      );
    }
  }

  async wait(milliseconds: number): Promise<void> {
    if (!this.#changed) {
      const awake = new AbortController();
      this.#wake = () => awake.abort();
      await this.#clock.sleep(milliseconds, AbortSignal.any([awake.signal, this.#signal]));
    }
    if (this.#changed) await this.#clock.sleep(COALESCE, this.#signal);
    this.#changed = false;
  }

  stop(): void {
    this.#watches.abort();
  }
}
