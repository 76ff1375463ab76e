import type { Event } from '#model/event.ts';
import type { World } from '#rehearsal/world.ts';
import { startRehearsal } from '../exam/rehearsal.ts';
import { lotOf } from '../lots.ts';

/** How one rehearsal went in a healthy cluster that is slow, and never twice the same. */
export interface Shuffled {
  readonly seed: number;
  readonly exit: number;
  /** Checks that were called failed, with what they saw: none has a reason to be. */
  readonly falseReds: readonly string[];
  /** Of each objective: milliseconds of the world's time, and in how many of them some pod was starting. */
  readonly objectives: Readonly<Record<string, { readonly took: number; readonly starting: number }>>;
}

/** Milliseconds: most start soon, some take minutes, as where an image is pulled or a volume is attached slowly. */
const SOON = 20_000;
const SLOW = 150_000;
const SLOW_ONE_IN = 6;

/** @param seed 0: nothing is slow, and everything has its turn in order */
export async function rehearseShuffled(seed: number): Promise<Shuffled> {
  const pods = new Map<string, Slow>();
  const { run, stop } = await startRehearsal([], seed === 0 ? {} : unrestOf(seed, pods));
  try {
    const { exit, events } = await run(6);
    return { seed, exit, falseReds: events.flatMap(describeRed), objectives: timeObjectives(events, [...pods.values()]) };
  } finally {
    await stop();
  }
}

/** A pod that was made at this time and takes so long to start; both in milliseconds. */
interface Slow {
  readonly at: number;
  readonly takes: number;
}

/** The same for a seed in every run; what starts when is noted in `pods`, by uid. */
function unrestOf(seed: number, pods: Map<string, Slow>): Required<Pick<World, 'startTime' | 'arrange'>> {
  let round = 0;
  return {
    startTime({ metadata: { uid = '', namespace, name, creationTimestamp = '' } }) {
      const lot = lotOf(`${seed} ${namespace}/${name}`);
      const takes = lot % (lot % SLOW_ONE_IN === 0 ? SLOW : SOON);
      // The product's own are made one after the other: theirs would add up.
      const pod = pods.get(uid) ?? { at: Date.parse(creationTimestamp), takes: name === 'anton-logging-probe' ? 0 : takes };
      pods.set(uid, pod);
      return pod.takes;
    },
    arrange(controllers) {
      round += 1;
      const lots = controllers.map((controller, index) => ({ controller, lot: lotOf(`${seed} ${round} ${index}`) }));
      return lots.toSorted((one, other) => one.lot - other.lot).map(({ controller }) => controller);
    },
  };
}

/** One after the other: each begins when the one before has ended. */
function timeObjectives(events: readonly Event[], pods: readonly Slow[]): Shuffled['objectives'] {
  let from = Date.parse(events[0]?.time ?? '');
  const timed = events.flatMap((event) => {
    if (event.type !== 'objective.finished') return [];
    const to = Date.parse(event.time);
    const starting = lengthOf(pods.map(({ at, takes }) => [Math.max(at, from), Math.min(at + takes, to)]));
    const took = to - from;
    from = to;
    return [[event.objective, { took, starting }] as const];
  });
  return Object.fromEntries(timed);
}

/** Of all spans together; what two of them have in common counts once. */
function lengthOf(spans: readonly (readonly [number, number])[]): number {
  let covered = Number.NEGATIVE_INFINITY;
  let length = 0;
  for (const [from, to] of spans.toSorted(([one], [other]) => one - other)) {
    length += Math.max(0, to - Math.max(from, covered));
    covered = Math.max(covered, to);
  }
  return length;
}

function describeRed(event: Event): string[] {
  const isRed = event.type === 'check.judged' && event.state === 'failed';
  return isRed ? [`${event.check}: ${event.summary}`] : [];
}
