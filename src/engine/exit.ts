import { EXIT, type Exit } from '#model/errors.ts';
import type { RunState } from '#model/event.ts';

const WORST_FIRST: readonly Exit[] = [
  EXIT.bug,
  EXIT.interrupted,
  EXIT.usage,
  EXIT.locked,
  EXIT.regressed,
  EXIT.failed,
  EXIT.unknown,
  EXIT.notReady,
  EXIT.waiting,
  EXIT.done,
];

/** The exit code when several apply: the first of the list that occurs; 0 for none. */
export function worstExit(exits: Iterable<Exit>): Exit {
  const all = new Set(exits);
  return WORST_FIRST.find((exit) => all.has(exit)) ?? EXIT.done;
}

/** How a run ended, in the word that goes with its exit code. */
export function runStateOf(exit: Exit): RunState {
  switch (exit) {
    case EXIT.done:
      return 'completed';
    case EXIT.waiting:
      return 'waiting';
    case EXIT.unknown:
      return 'unknown';
    case EXIT.interrupted:
      return 'interrupted';
    case EXIT.usage:
    case EXIT.locked:
    case EXIT.notReady:
      return 'refused';
    default:
      return 'failed';
  }
}
