import type { Check } from '#model/check.ts';
import { Unobserved, Unreadable } from '#model/errors.ts';
import type { Observer } from '#model/ports.ts';
import type { Answer, Read, Reads, Request } from '#model/read.ts';
import type { Outcome, Unknown, Verdict } from '#model/verdict.ts';

/** One look at the world: equal requests within it are made once, so that all checks of a round judge the same answers. */
export type Look = (request: Request) => Promise<Answer>;

export function lookOnce(observer: Observer, signal: AbortSignal): Look {
  const answers = new Map<string, Promise<Answer>>();
  return (request) => {
    const key = JSON.stringify(request);
    const known = answers.get(key);
    if (known !== undefined) return known;
    const answer = observer.read(request, signal).catch((error: unknown) => {
      // An interruption says nothing about the world, and it is no bug either: whoever waits looks at the signal.
      throw signal.aborted ? new Unobserved('timeout', 'interrupted before it answered') : error;
    });
    answers.set(key, answer);
    return answer;
  };
}

/** The check's verdict, or unknown with the reason when something it needs could not be read. */
export async function judgeCheck(check: Pick<Check, 'reads' | 'next' | 'judge'>, look: Look, now: Date): Promise<Outcome> {
  const seen = await readInTurn(check, look);
  return 'state' in seen ? seen : check.judge(seen.values, now);
}

/** The decoded values of the reads and of those that depend on them, or why one of them can't be told. */
export async function readInTurn(
  { reads: first, next }: Pick<Check, 'reads' | 'next'>,
  look: Look,
): Promise<{ values: Record<string, unknown> } | Unknown> {
  const values: Record<string, unknown> = {};
  for (let reads: Reads = first; Object.keys(reads).length > 0; reads = unread(next?.(values) ?? {}, values)) {
    const seen = await readAll(reads, look);
    if ('state' in seen) return seen;
    Object.assign(values, seen.values);
  }
  return { values };
}

/**
 * Judges the checks in the order their `after` asks for, against one look.
 * A check whose `after` is not met is pending and its reads are not made.
 */
export async function judgeRound(checks: readonly Check[], look: Look, now: Date): Promise<ReadonlyMap<string, Outcome>> {
  const outcomes = new Map<string, Outcome>();
  let open = checks;
  while (open.length > 0) {
    const ids = new Set(open.map((check) => check.id));
    const ready = open.filter((check) => (check.after ?? []).every((id) => !ids.has(id)));
    if (ready.length === 0) throw new Error(`checks wait for each other: ${[...ids].join(', ')}`);
    const judged = await Promise.all(ready.map((check) => waitsFor(check, checks, outcomes) ?? judgeCheck(check, look, now)));
    for (const [index, check] of ready.entries()) outcomes.set(check.id, judged[index] as Outcome);
    open = open.filter((check) => !outcomes.has(check.id));
  }
  return outcomes;
}

/** The reads' decoded values by name, or why one of them can't be told. */
export async function readAll(reads: Reads, look: Look): Promise<{ values: Record<string, unknown> } | Unknown> {
  const settled = await Promise.all(
    Object.entries(reads).map(async ([name, read]) => {
      try {
        return [name, read.decode(await look(read.request))] as const;
      } catch (error) {
        return unknownBecause(read, error);
      }
    }),
  );
  const unknown = settled.find((one) => 'state' in one);
  return unknown ?? { values: Object.fromEntries(settled as (readonly [string, unknown])[]) };
}

function unread(reads: Reads, values: Readonly<Record<string, unknown>>): Reads {
  return Object.fromEntries(Object.entries(reads).filter(([name]) => !Object.hasOwn(values, name)));
}

/** Whether the check was not looked at, because one before it is not met. */
export function isDeferred(outcome: Outcome): boolean {
  return 'deferred' in outcome;
}

function waitsFor(
  check: Check,
  among: readonly Check[],
  outcomes: ReadonlyMap<string, Outcome>,
): (Verdict & { deferred: true }) | undefined {
  const first = check.after?.find((id) => outcomes.has(id) && outcomes.get(id)?.state !== 'met');
  if (first === undefined) return undefined;
  const title = among.find(({ id }) => id === first)?.title ?? first;
  return {
    deferred: true,
    state: 'pending',
    saw: `not looked at yet: it says nothing before “${title}”`,
    cause: [`waits for ${first}`],
    remedy: 'nothing to do here',
  };
}

function unknownBecause(read: Read<unknown>, error: unknown): Unknown {
  if (error instanceof Unreadable) {
    return {
      state: 'unknown',
      permanent: false,
      saw: `${read.subject} answered something that can't be understood`,
      cause: [error.message],
      remedy: 'compare the answer with the version this tool was made for',
    };
  }
  if (error instanceof Unobserved) {
    return {
      state: 'unknown',
      permanent: error.reason === 'forbidden' || error.reason === 'unauthorized',
      saw: `${read.subject} could not be read`,
      cause: [error.message],
      remedy: `${error.remedy}, then resume`,
    };
  }
  throw error;
}
