import { findException } from './exceptions.ts';
import { type Completed, checksOf, type Fork, type ForkOptions, fork } from './fork.ts';
import { type Front, startFront, type Tampering } from './front.ts';
import { noteReaders, type Readers } from './readers.ts';

export interface TamperingResult {
  readonly target: string;
  readonly how: Tampering;
  /** Checks that read what was tampered with and are met, with the reason why they may. */
  readonly excused: Readonly<Record<string, string>>;
  /** Those without a reason: something unreadable was taken as met. */
  readonly taken: readonly string[];
}

/** What the targets of a rollout answer: who they are, and what they said once. */
export interface Recorded {
  readonly targets: readonly string[];
  /** Ids of the checks that read something of a target. */
  readonly readersOf: ReadonlyMap<string, ReadonlySet<string>>;
  readonly answers: Front['answers'];
}

/** Milliseconds: too short makes something unknown that is not, which hides nothing. */
const TIMEOUT = 400;
/** Milliseconds of the world's time by which stale answers are older. */
const STALE = 3_600_000;

/** What is read in the completed rollout, from whom. */
export async function recordTargets(completed: Completed): Promise<Recorded> {
  const readers: Readers = new Map();
  const { forked, front } = await forkBehindFront(completed);
  try {
    await forked.verify(0, (phases) => noteReaders(phases, readers));
    const pairs = [...readers].flatMap(([id, seen]) => [...seen].map((target) => ({ id, target })));
    const byTarget = Map.groupBy(pairs, ({ target }) => target);
    const readersOf = new Map([...byTarget].map(([target, of]) => [target, new Set(of.map(({ id }) => id))]));
    const targets = [...byTarget.keys()].filter((target) => target !== '/version').sort();
    return { targets, readersOf, answers: front.answers };
  } finally {
    await forked.stop();
  }
}

/** Has the checks that read something of a target judge the completed rollout while it answers like this. */
export async function examineTampering(
  completed: Completed,
  { answers, readersOf }: Recorded,
  target: string,
  how: Tampering,
): Promise<TamperingResult> {
  const readers: Readers = new Map();
  const { forked, front } = await forkBehindFront(completed, how === 'never' ? { timeout: TIMEOUT } : {});
  try {
    if (how === 'stale') await forked.context.clock.sleep(STALE, forked.context.signal);
    front.tamper(target, how, answers);
    const checks = checksOf(await forked.verify(0, (phases) => noteReaders(phases, readers, readersOf.get(target))));
    const met = checks.filter(({ id, state }) => state === 'met' && readers.get(id)?.has(target)).map(({ id }) => id);
    const excuses = met.map((id) => [id, findException(id, target, how)] as const);
    const excused = Object.fromEntries(excuses.flatMap(([id, why]) => (why === undefined ? [] : [[id, why]])));
    return { target, how, excused, taken: met.filter((id) => excused[id] === undefined) };
  } finally {
    await forked.stop();
  }
}

async function forkBehindFront(completed: Completed, client: Pick<ForkOptions, 'timeout'> = {}): Promise<{ forked: Fork; front: Front }> {
  let front: Front | undefined;
  const forked = await fork(completed, {
    ...client,
    front: async (url) => {
      front = await startFront(url);
      return front;
    },
  });
  return { forked, front: front as unknown as Front };
}
