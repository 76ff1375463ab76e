import type { Holder } from '#model/status.ts';
import { oneLine, shortTime } from './text.ts';

const STATES = {
  alive: undefined,
  expired: 'it was not renewed in time: the next run takes it over',
  gone: 'that process has ended: the next run takes it over',
} as const;

/** Who holds the Lease, what for, and whether anybody has to care. */
export function holderLines({ identity, run, phase, since, renewed, state }: Holder): readonly string[] {
  return [
    `held by ${oneLine(identity)}`,
    ...(run === undefined ? [] : [`run:     ${oneLine(run)}${phase === undefined ? '' : `, phase ${oneLine(phase)}`}`]),
    ...(since === undefined ? [] : [`since:   ${shortTime(since)}`]),
    ...(renewed === undefined ? [] : [`renewed: ${shortTime(renewed)}`]),
    ...(STATES[state] === undefined ? [] : [STATES[state]]),
  ];
}
