import type { Check, Diagnosis } from '#model/check.ts';
import type { Clock, Observer } from '#model/ports.ts';
import type { Reads } from '#model/read.ts';
import { redactUrls } from '#model/redact.ts';
import type { NotMet, Outcome } from '#model/verdict.ts';
import { isDeferred, type Look, lookOnce, readAll } from './judge.ts';

/** Nobody waits longer than this for a cause; milliseconds. */
const DIAGNOSIS_TIMEOUT = 15_000;
/** How many looks may follow each other. */
const STAGES = 3;

/** What a check's remedy names when the check itself can't see why. */
const VAGUE = /^(nothing\b|kubectl (describe|get) )/;
const MEND = 'mend the cause';

export interface DiagnosisTools {
  readonly observer: Observer;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Looks for the causes of final outcomes: of the checks that failed or are still pending now that nobody waits any longer. Called once,
 * at the end of a wait, of a look and of `verify`. States stay as they are: causes get longer, down to the innermost that could be
 * found, and a vague remedy gives way to one that mends it. What can't be read is named among the causes.
 * @returns all outcomes, those of other checks unchanged
 */
export async function diagnose(
  checks: readonly Check[],
  outcomes: ReadonlyMap<string, Outcome>,
  { observer, clock, signal }: DiagnosisTools,
): Promise<ReadonlyMap<string, Outcome>> {
  const open = checks.flatMap(({ id, diagnosis }) => {
    const outcome = outcomes.get(id);
    return diagnosis !== undefined && outcome !== undefined && isRed(outcome) ? [{ id, diagnosis, outcome }] : [];
  });
  if (open.length === 0) return outcomes;
  const [done, limit] = [new AbortController(), new AbortController()];
  void clock.sleep(DIAGNOSIS_TIMEOUT, done.signal).then(() => limit.abort());
  const look = lookOnce(observer, AbortSignal.any([signal, limit.signal]));
  try {
    const explained = open.map(async ({ id, diagnosis, outcome }) => {
      const found = await search(diagnosis, look, clock.now());
      const givenUp = limit.signal.aborted ? [`looking for the cause took longer than ${DIAGNOSIS_TIMEOUT / 1_000} s`] : found.unread;
      return [id, enrich(outcome, [...found.cause, ...givenUp].map(redactUrls), found.remedy)] as const;
    });
    return new Map([...outcomes, ...(await Promise.all(explained))]);
  } finally {
    done.abort();
  }
}

function isRed(outcome: Outcome): outcome is NotMet {
  return (outcome.state === 'failed' || outcome.state === 'pending') && !isDeferred(outcome);
}

interface Found {
  readonly cause: readonly string[];
  readonly unread: readonly string[];
  readonly remedy?: string;
}

async function search(first: Diagnosis, look: Look, now: Date): Promise<Found> {
  let found: Found = { cause: [], unread: [] };
  let stage: Diagnosis | undefined = first;
  for (let count = 0; count < STAGES && stage !== undefined; count += 1) {
    const { seen, unread } = await readEach(stage.reads, look);
    const { cause, remedy = found.remedy, next } = stage.explain(seen, now);
    found = { cause: [...found.cause, ...cause], unread: [...found.unread, ...unread], ...(remedy === undefined ? {} : { remedy }) };
    stage = next;
  }
  return found;
}

/** Each read for itself: one that may not be read keeps no other from being told. */
async function readEach(reads: Reads, look: Look): Promise<{ seen: Record<string, unknown>; unread: readonly string[] }> {
  const each = await Promise.all(Object.entries(reads).map(([name, read]) => readAll({ [name]: read }, look)));
  return {
    seen: Object.assign({}, ...each.map((one) => ('state' in one ? {} : one.values))),
    unread: each.flatMap((one) => ('state' in one ? [[one.saw, ...one.cause].join(': ')] : [])),
  };
}

/** What is said twice is said once, where it says more. What the check itself says stands behind what it saw, if that is in the chain. */
function enrich(outcome: NotMet, found: readonly string[], remedy: string | undefined): NotMet {
  const own = outcome.cause.filter((line) => !found.some((other) => other.includes(line)));
  const said = [outcome.saw, ...own];
  const fresh = found.filter((line) => !said.some((other) => other.includes(line)));
  const saw = fresh.findIndex((line) => line.includes(outcome.saw));
  const cause = fresh.toSpliced(saw + 1, 0, ...own);
  return { ...outcome, cause, remedy: remedy === undefined ? outcome.remedy : refine(outcome.remedy, remedy) };
}

function refine(own: string, found: string): string {
  if (VAGUE.test(own)) return found;
  return own.includes(found) ? own : own.replace(MEND, found);
}
