import type { GoalTrigger } from '#goals/types.ts';
import type { Trigger } from '#model/initiative.ts';
import type { Clock, Observer } from '#model/ports.ts';
import type { TriggerStatus } from '#model/status.ts';
import { judgeCheck, lookOnce } from './judge.ts';

export interface TriggerTools {
  readonly triggers: readonly Trigger[];
  readonly observer: Observer;
  readonly clock: Clock;
}

/** Each trigger of the goals file: what can be observed is, for the others a person's word in the file counts. */
export async function judgeTriggers(
  claimed: readonly GoalTrigger[],
  tools: TriggerTools,
  signal: AbortSignal,
): Promise<readonly TriggerStatus[]> {
  const look = lookOnce(tools.observer, signal);
  return Promise.all(
    claimed.map(async (trigger) => {
      const known = tools.triggers.find(({ matches }) => matches.test(trigger.description));
      const base = { id: trigger.id, description: trigger.description, threshold: known?.threshold ?? "a person's word" };
      if (known?.check === undefined) return { ...base, ...judgeWord(trigger) };
      const outcome = await judgeCheck(known.check, look, tools.clock.now());
      return { ...base, state: outcome.state, observed: outcome.saw };
    }),
  );
}

/** What the file says of triggers, without looking at anything. */
export function claimTriggers(claimed: readonly GoalTrigger[], triggers: readonly Trigger[]): readonly TriggerStatus[] {
  return claimed.map((trigger) => {
    const known = triggers.find(({ matches }) => matches.test(trigger.description));
    return { id: trigger.id, description: trigger.description, threshold: known?.threshold ?? "a person's word", ...judgeWord(trigger) };
  });
}

function judgeWord({ claimed }: GoalTrigger): Pick<TriggerStatus, 'state' | 'observed'> {
  if (claimed === undefined) return { state: 'unknown', observed: 'nobody has said' };
  if (claimed === false) return { state: 'pending', observed: 'the goals file says: no' };
  return { state: claimed === true ? 'met' : 'unknown', observed: `the goals file says: ${claimed === true ? 'yes' : claimed}` };
}
