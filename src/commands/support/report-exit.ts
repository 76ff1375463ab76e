import { worstExit } from '#engine/exit.ts';
import { EXIT, type Exit } from '#model/errors.ts';
import type { Status } from '#model/event.ts';
import type { StatusReport } from '#model/status.ts';
import type { Outcome } from '#model/verdict.ts';

/** What a report says, as an exit code, for `--exit-code`. */
export function exitOfStatus(report: StatusReport): Exit {
  return worstExit(report.phases.flatMap(({ objectives }) => objectives.map(({ status }) => exitOf(status))));
}

/** Conditions that are not met; the initiative may start when any one is. */
export function exitOfTriggers(states: readonly Outcome['state'][]): Exit {
  if (states.includes('met')) return EXIT.done;
  return states.includes('unknown') ? EXIT.unknown : EXIT.notReady;
}

export function exitOfMetrics(states: readonly Outcome['state'][]): Exit {
  return worstExit(states.map((state) => ({ met: EXIT.done, pending: EXIT.waiting, failed: EXIT.failed, unknown: EXIT.unknown })[state]));
}

function exitOf(status: Status): Exit {
  switch (status) {
    case 'completed':
    case 'skipped':
      return EXIT.done;
    case 'regressed':
      return EXIT.regressed;
    case 'failed':
      return EXIT.failed;
    case 'waiting':
      return EXIT.waiting;
    case 'pending':
    case 'in_progress':
    case 'blocked':
      return EXIT.notReady;
  }
}

/** Of what was only shown: whatever a run would come to, it could be told. */
export function exitOfPlan(exit: Exit): Exit {
  return exit === EXIT.interrupted || exit === EXIT.usage ? exit : EXIT.done;
}
