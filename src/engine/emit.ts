import type { Event } from '#model/event.ts';
import type { Emit, RunContext } from './context.ts';

/** Numbers and dates what happens; the journal has it before any listener hears of it. */
export function createEmit(context: Pick<RunContext, 'clock' | 'journal' | 'listeners'>, run: string): Emit {
  let seq = 0;
  return (happening) => {
    seq += 1;
    const event: Event = { time: context.clock.now().toISOString(), run, seq, ...happening };
    context.journal.append(event);
    for (const listener of context.listeners) listener(event);
  };
}
