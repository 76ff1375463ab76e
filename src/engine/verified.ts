import type { MatchedObjective, MatchedPhase } from '#goals/types.ts';
import { isGate, isProbe, type Probe } from '#model/check.ts';
import { EXIT, type Exit } from '#model/errors.ts';
import type { Status } from '#model/event.ts';
import type { Outcome } from '#model/verdict.ts';
import type { Finding, Verification, VerifiedCheck, VerifiedObjective } from '#model/verification.ts';
import { wasOnceShown } from './evidence.ts';
import { worstExit } from './exit.ts';
import { findLastChange, isDeclaredAnew, isFresh, type LastChange } from './freshness.ts';
import { isDeferred } from './judge.ts';
import { distinctValidations } from './validations.ts';

type Outcomes = ReadonlyMap<string, Outcome>;

/** Pure: what was just seen beside what was shown before. */
export function composeVerification(
  matched: readonly MatchedPhase[],
  outcomes: Outcomes,
  { drift, unseen }: Pick<Verification, 'drift' | 'unseen'>,
  now: Date,
): Verification {
  const regressions: Finding[] = [];
  const exits: Exit[] = [];
  const phases = matched.map(({ number, name, objectives }) => ({
    number,
    name,
    objectives: objectives.map((objective) => {
      const verified = verifyObjective(objective, matched, outcomes, now);
      exits.push(...exitsOf(verified));
      if (verified.status === 'regressed') regressions.push(...findingsOf(number, objective, verified));
      return verified;
    }),
  }));
  // What the goals want otherwise by now is work to do: nothing went wrong.
  exits.push(...drift.map(({ state }) => (state === 'outdated' ? EXIT.notReady : EXIT.regressed)), ...unseen.map(() => EXIT.unknown));
  return { observed_at: now.toISOString(), phases, regressions, drift, unseen, exit: worstExit(exits) };
}

/** @param phases all of the rollout: what an objective builds on may be wanted otherwise by now */
export function verifyObjective(
  objective: MatchedObjective,
  phases: readonly MatchedPhase[],
  outcomes: Outcomes,
  now: Date,
): VerifiedObjective {
  const { id, name, skipped } = objective;
  if (skipped !== undefined) return { id, name, status: 'skipped', reason: skipped, checks: [] };
  const checks = distinctValidations(objective).flatMap((validation): VerifiedCheck[] => {
    if (isGate(validation) || validation.holds !== 'always') return [];
    const outcome = outcomes.get(validation.id);
    const base = { id: validation.id, title: validation.title };
    if (outcome !== undefined) return [{ ...base, ...describe(outcome) }];
    return isProbe(validation) ? [{ ...base, ...recall(validation, objective, findLastChange(phases, id), now) }] : [];
  });
  return { id, name, status: statusOf(objective, checks), checks };
}

function describe(outcome: Outcome): Omit<VerifiedCheck, 'id' | 'title'> {
  const { state, saw } = outcome;
  if (outcome.state === 'met') return { state, saw };
  return { state, saw, cause: outcome.cause, remedy: outcome.remedy, ...(isDeferred(outcome) ? { deferred: true as const } : {}) };
}

/** A probe that was not run: its evidence, while that is fresh. */
function recall(probe: Probe, objective: MatchedObjective, change: LastChange, now: Date): Omit<VerifiedCheck, 'id' | 'title'> {
  const shown = objective.evidence?.checks[probe.id];
  if (shown !== undefined && isFresh(probe, objective, change, now)) return { state: 'met', saw: `${shown.saw} (shown ${shown.at})` };
  const last = shown === undefined ? 'never shown' : `last ${shown.state} at ${shown.at}: ${shown.saw}`;
  return { state: 'stale', saw: last, cause: ['it has to write in order to see'], remedy: 'anton-logging verify --probe' };
}

/** What could not be told leaves the status as it was; a probe that failed last has to be shown again before all is well. */
function statusOf(objective: MatchedObjective, checks: readonly VerifiedCheck[]): Status {
  const { status, evidence } = objective;
  const red = checks.some(isRed);
  if (!wasOnceShown(objective)) return red && status === 'completed' ? 'pending' : status;
  if (isDeclaredAnew(objective)) return 'in_progress';
  if (red) return 'regressed';
  const holds = checks.every(({ id, state }) => state === 'met' || (state === 'stale' && evidence?.checks[id]?.state === 'met'));
  return holds ? 'completed' : status;
}

/** One that waits for another says nothing of its own. */
function isRed({ state, deferred }: VerifiedCheck): boolean {
  return state === 'failed' || (state === 'pending' && deferred === undefined);
}

/** What is red of an objective that nobody has finished is no regression: the rollout is not that far, or failed there. */
function exitsOf({ status, checks }: VerifiedObjective): readonly Exit[] {
  const red = status === 'failed' ? EXIT.failed : EXIT.notReady;
  return [
    ...(status === 'regressed' ? [EXIT.regressed] : checks.some(isRed) ? [red] : []),
    ...(checks.some(({ state }) => state === 'unknown') ? [EXIT.unknown] : []),
  ];
}

function findingsOf(phase: number, { id: objective, evidence }: MatchedObjective, { checks }: VerifiedObjective): readonly Finding[] {
  return checks.filter(isRed).map(({ id: check, title, saw, cause = [], remedy = '' }) => {
    const before = evidence?.checks[check];
    const held = before?.state === 'met' ? { held_at: before.at } : {};
    return { phase, objective, check, title, saw, cause, remedy, ...held };
  });
}
