import { matchPhases, matchPhasesFor } from '#goals/catalogue.ts';
import type { Goals, MatchedObjective, MatchedPhase } from '#goals/types.ts';
import { type Gate, isCheck, isGate } from '#model/check.ts';
import type { Environment } from '#model/environment.ts';
import type { Metric, Trigger } from '#model/initiative.ts';
import type { Phase } from '#model/phase.ts';
import type { Clock, Observer } from '#model/ports.ts';
import type { LastRun, MetricStatus, StatusReport, WaitingFor } from '#model/status.ts';
import type { Outcome } from '#model/verdict.ts';
import { isStanding } from './evidence.ts';
import { judgeSoak } from './gate.ts';
import { judgeRound, type Look, lookOnce, readInTurn } from './judge.ts';
import { describeWaiting } from './objective-log.ts';
import { composeStatus } from './status.ts';
import { claimTriggers, judgeTriggers } from './triggers.ts';
import { distinctValidations } from './validations.ts';

export interface Catalogue {
  readonly phases: readonly Phase[];
  readonly triggers: readonly Trigger[];
  readonly metrics: readonly Metric[];
}

export interface StatusContext extends Catalogue {
  readonly goals: Goals;
  readonly environment: Environment;
  readonly observer: Observer;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly lastRun?: LastRun;
  readonly warnings?: readonly string[];
}

/** Looks at everything that can be seen without writing. Takes no Lease and writes nothing. */
export async function observeStatus(context: StatusContext): Promise<StatusReport> {
  const phases = match(context.goals, context.phases, context.environment);
  const look = lookOnce(context.observer, context.signal);
  const [outcomes, soaks, triggers, metrics] = await Promise.all([
    judgePhases(phases, look, context.clock.now()),
    judgeSoaks(phases, look, context.clock),
    judgeTriggers(context.goals.triggers, context, context.signal),
    measure(context, look),
  ]);
  return composeStatus({ ...context, phases, outcomes, soaks, triggers, metrics, now: context.clock.now() });
}

/** Claims of the file only; nothing is looked at. Without an environment (another rollout's file) the catalogue is left out. */
export function offlineStatus(
  goals: Goals,
  catalogue: Catalogue,
  environment: Environment | undefined,
  now: Date,
  rest: { readonly lastRun?: LastRun; readonly warnings?: readonly string[] } = {},
): StatusReport {
  const phases = environment === undefined ? match(goals, [], undefined) : match(goals, catalogue.phases, environment);
  const metrics = goals.metrics.map(({ id, target }) => ({
    id,
    target,
    ...unmeasured(catalogue.metrics.find((metric) => metric.id === id)),
  }));
  return composeStatus({ ...rest, goals, phases, now, metrics, triggers: claimTriggers(goals.triggers, catalogue.triggers) });
}

function match(goals: Goals, phases: readonly Phase[], environment: Environment | undefined): readonly MatchedPhase[] {
  return environment === undefined ? matchPhases([], goals) : matchPhasesFor(phases, environment, goals);
}

/** Check ids are unique within an objective and mean the same everywhere: each is judged once. */
async function judgePhases(phases: readonly MatchedPhase[], look: Look, now: Date): Promise<ReadonlyMap<string, Outcome>> {
  const rounds = phases.flatMap((phase) =>
    phase.objectives
      .filter(({ skipped }) => skipped === undefined)
      .map((objective) => {
        const checks = distinctValidations(objective).filter(isCheck);
        return judgeRound(
          checks.filter((check) => isStanding(check, objective.evidence)),
          look,
          now,
        );
      }),
  );
  return new Map((await Promise.all(rounds)).flatMap((round) => [...round]));
}

/** The soaks that the last run waited for, as they are now: they may be over meanwhile, or have begun anew. */
async function judgeSoaks(phases: readonly MatchedPhase[], look: Look, clock: Clock): Promise<ReadonlyMap<string, WaitingFor>> {
  const waiting = phases
    .flatMap(({ objectives }) => objectives)
    .flatMap((objective) => {
      const soak = gatesOf(objective).find(({ id }) => id === objective.evidence?.waiting_for?.gate);
      return soak?.gate === 'soak' ? [{ id: objective.id, soak }] : [];
    });
  const judged = waiting.map(async ({ id, soak }): Promise<readonly [string, WaitingFor]> => {
    const state = await judgeSoak(soak, { clock, look: () => look });
    if (state.state === 'waiting') return [id, describeWaiting(soak, state)];
    if (state.state === 'open') return [id, { gate: soak.id, what: `${soak.title}: it is over`, remedy: 'anton-logging resume' }];
    const { outcome } = state;
    return [id, { gate: soak.id, what: `${soak.title}: ${outcome.saw}`, ...('remedy' in outcome ? { remedy: outcome.remedy } : {}) }];
  });
  return new Map(await Promise.all(judged));
}

/** Those that decide it and those between its steps. */
function gatesOf(objective: MatchedObjective): readonly Gate[] {
  if (objective.evidence?.waiting_for?.gate === undefined) return [];
  const awaited = (objective.definition?.steps ?? []).flatMap((step) => (step.do === 'await' ? [step.what] : []));
  return [...distinctValidations(objective), ...awaited].filter(isGate);
}

async function measure({ goals, metrics, clock }: StatusContext, look: Look): Promise<readonly MetricStatus[]> {
  return Promise.all(
    goals.metrics.map(async ({ id, target }) => {
      const metric = metrics.find((known) => known.id === id);
      if (metric?.measurement === undefined) return { id, target, ...unmeasured(metric) };
      const seen = await readInTurn(metric.measurement, look);
      const now = clock.now();
      const measured = 'state' in seen ? { untold: [seen.saw, ...seen.cause].join(': ') } : metric.measurement.measure(seen.values, now);
      const { sample = null, interval = null } = measured;
      const base = { id, target, method: metric.method, measured_at: now.toISOString(), sample, interval };
      return 'untold' in measured
        ? { ...base, current: null, state: 'unknown' as const, reason: measured.untold }
        : { ...base, current: measured.value, state: measured.reached ? ('met' as const) : ('pending' as const) };
    }),
  );
}

function unmeasured(metric: Metric | undefined): Omit<MetricStatus, 'id' | 'target'> {
  const method = metric?.method ?? 'nothing measures it: a person has to';
  const reason = metric?.skipped === undefined ? {} : { reason: metric.skipped };
  return { current: null, state: 'unknown', measured_at: null, method, sample: null, interval: null, ...reason };
}
