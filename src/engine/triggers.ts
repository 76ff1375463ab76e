import type { GoalTrigger } from '#goals/types.ts';
import type { Trigger } from '#model/initiative.ts';
import type { Approvals, Clock, Observer } from '#model/ports.ts';
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
      if (known?.check === undefined) return { ...base, ...judgeWord(trigger, known?.skipped) };
      const outcome = await judgeCheck(known.check, look, tools.clock.now());
      // What can be seen counts; only where it can't, a person's word does.
      if (outcome.state === 'unknown' && trigger.attested !== undefined) return { ...base, ...judgeWord(trigger) };
      return { ...base, state: outcome.state, observed: outcome.saw };
    }),
  );
}

/**
 * The initiative starts when any condition is met; where none is, a rehearsal gives the word that a person would.
 * @returns why it does not start
 */
export async function refuseStart(triggers: readonly TriggerStatus[], approvals: Approvals): Promise<string | undefined> {
  if (triggers.length === 0 || triggers.some(({ state }) => state === 'met')) return undefined;
  // One word is enough, and a rehearsal writes down each that it gives.
  for (const { id, description } of triggers) if ((await approvals.find(id, description)) !== undefined) return undefined;
  const lines = triggers.map(({ description, state, observed }) => `  ${description}: ${state}, ${observed}`);
  return `none of the ${triggers.length} trigger conditions is met, so that there is no reason to begin:\n${lines.join('\n')}`;
}

/** What the file says of triggers, without looking at anything. */
export function claimTriggers(claimed: readonly GoalTrigger[], triggers: readonly Trigger[]): readonly TriggerStatus[] {
  return claimed.map((trigger) => {
    const known = triggers.find(({ matches }) => matches.test(trigger.description));
    return {
      id: trigger.id,
      description: trigger.description,
      threshold: known?.threshold ?? "a person's word",
      ...judgeWord(trigger, known?.skipped),
    };
  });
}

function judgeWord({ claimed, attested }: GoalTrigger, skipped = 'nobody has said'): Pick<TriggerStatus, 'state' | 'observed'> {
  if (claimed === true && attested !== undefined) return { state: 'met', observed: attested };
  if (claimed === undefined) return { state: 'unknown', observed: skipped };
  if (claimed === false) return { state: 'pending', observed: 'the goals file says: no' };
  return { state: claimed === true ? 'met' : 'unknown', observed: `the goals file says: ${claimed === true ? 'yes' : claimed}` };
}
