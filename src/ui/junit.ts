import { EXIT } from '#model/errors.ts';
import type { Event } from '#model/event.ts';
import type { Drift, Unseen, Verification, VerifiedCheck } from '#model/verification.ts';
import { type Case, type Suite, writeSuites } from './junit-xml.ts';
import type { Progress } from './progress.ts';
import { describeDrift } from './verification.ts';

const PRECONDITIONS = 'preconditions';

/** A verification as JUnit's XML: a testsuite a phase, a testcase a check, and one for each drift. */
export function verificationJunit({ phases, drift, unseen }: Verification): string {
  return writeSuites(
    phases.map(({ number, name, objectives }) => {
      const cases = objectives.flatMap(({ id, name: objective, reason, checks }): readonly Case[] =>
        reason === undefined
          ? checks.map((check) => verifiedCase(id, check))
          : [{ of: id, id, name: objective, result: 'skipped', message: reason, details: [] }],
      );
      const own = [
        ...drift.filter(({ phase }) => phase === number).map(driftCase),
        ...unseen.filter(({ phase }) => phase === number).map(unseenCase),
      ];
      return { name: suiteName(number, name), cases: [...latestOfEach(cases), ...own] };
    }),
  );
}

function driftCase(drift: Drift): Case {
  const { objective: of, kind, what, field = '', remedy } = drift;
  const name = `drift of ${kind} ${what} ${field}`.trimEnd();
  return { of, id: name, name, result: 'failure', message: describeDrift(drift), details: explain([], remedy) };
}

function unseenCase({ objective: of, saw, cause, remedy }: Unseen): Case {
  return { of, id: saw, name: 'drift', result: 'error', message: saw, details: explain(cause, remedy) };
}

/** A run as JUnit's XML, written when it is over. What went wrong outside of any check has a testcase of its own: nothing red is lost. */
export function junitProgress(write: (text: string) => void): Progress {
  const suites = new Map<number, { name: string; cases: Case[] }>();
  let over: Extract<Event, { type: 'run.finished' }> | undefined;
  return {
    listener: (event) => {
      if (event.type === 'phase.started') suites.set(event.phase, { name: suiteName(event.phase, event.name), cases: [] });
      else if (event.type === 'run.finished') over = event;
      else if ('phase' in event) {
        const cases = suites.get(event.phase)?.cases ?? [];
        cases.push(...casesOf(event));
        if (event.type === 'objective.finished' && event.state === 'failed') settle(cases, event.objective);
        if (event.type === 'phase.finished' && event.state === 'blocked') settle(cases, PRECONDITIONS);
      }
    },
    close: async () => {
      if (over === undefined) return;
      const phases = [...suites.values()].map(({ name, cases }) => ({ name, cases: latestOfEach(cases) }));
      write(writeSuites([...phases, ...endOf(over, phases)]));
      over = undefined;
    },
  };
}

/** What was pending when its time was over failed; beside something that failed for good it was only not awaited any longer. */
function settle(cases: Case[], of: string): void {
  const own = latestOfEach(cases.filter((one) => one.of === of));
  if (!own.some(isRed))
    cases.push(...own.filter(({ result }) => result === 'pending').map((one) => ({ ...one, result: 'failure' as const })));
}

function isRed({ result }: Case): boolean {
  return result === 'failure' || result === 'error';
}

function casesOf(event: Event): readonly Case[] {
  switch (event.type) {
    case 'check.judged': {
      const { check, title, state, summary, cause = [], remedy } = event;
      return [{ of: event.objective ?? PRECONDITIONS, id: check, name: `${check}: ${title}`, ...judge(state, summary, cause, remedy) }];
    }
    case 'gate.waiting': {
      const { objective: of, gate: id, what, remedy } = event;
      return [{ of, id, name: `${id}: ${what}`, result: 'skipped', message: `waits for ${what}`, details: [remedy] }];
    }
    case 'change.failed': {
      const [message = 'refused', ...causes] = event.cause;
      const name = `change ${event.change}`;
      return [{ of: event.objective, id: name, name, result: 'failure', message, details: explain(causes, event.remedy) }];
    }
    case 'objective.finished': {
      const { objective: of, name, reason = 'skipped' } = event;
      const whole = event.state === 'skipped' ? [{ title: name, id: of, reason }] : [];
      const parts = (event.skipped ?? []).map((part) => ({ ...part, id: `${of} ${part.title}` }));
      return [...whole, ...parts].map(({ id, title, reason: message }) => ({
        of,
        id,
        name: title,
        result: 'skipped',
        message,
        details: [],
      }));
    }
    default:
      return [];
  }
}

function verifiedCase(of: string, { id, title, state, saw, cause = [], remedy, deferred }: VerifiedCheck): Case {
  const name = `${id}: ${title}`;
  if (state === 'stale' || deferred === true) return { of, id, name, result: 'skipped', message: saw, details: explain(cause, remedy) };
  // It has had the time to come.
  return { of, id, name, ...judge(state === 'pending' ? 'failed' : state, saw, cause, remedy) };
}

function judge(
  state: 'met' | 'pending' | 'failed' | 'unknown',
  message: string,
  cause: readonly string[],
  remedy: string | undefined,
): Pick<Case, 'result' | 'message' | 'details'> {
  const results = { met: 'met', pending: 'pending', failed: 'failure', unknown: 'error' } as const;
  return { result: results[state], message, details: explain(cause, remedy) };
}

function explain(causes: readonly string[], remedy: string | undefined): readonly string[] {
  return [...causes.map((cause) => `because ${cause}`), ...(remedy === undefined ? [] : [`to fix it: ${remedy}`])];
}

/** A check that several objectives of a phase ask for, or that was judged again and again, is one testcase: its last word counts. */
function latestOfEach(cases: readonly Case[]): readonly Case[] {
  return [...new Map(cases.map((one) => [one.id, one])).values()];
}

/** A run that ended badly without any red testcase: it was refused, interrupted, or lost the Lease. */
function endOf({ exit, summary, remedy }: Extract<Event, { type: 'run.finished' }>, phases: readonly Suite[]): readonly Suite[] {
  const isTold = phases.some(({ cases }) => cases.some(isRed));
  if (isTold || exit === EXIT.done || exit === EXIT.waiting) return [];
  return [
    { name: 'Run', cases: [{ of: 'run', id: 'run', name: 'The run', result: 'error', message: summary, details: explain([], remedy) }] },
  ];
}

function suiteName(number: number, name: string): string {
  return `Phase ${number}: ${name}`;
}
