import { matchPhases } from '#goals/catalogue.ts';
import type { Goals, MatchedPhase } from '#goals/types.ts';
import { isCheck } from '#model/check.ts';
import type { Environment } from '#model/environment.ts';
import type { Metric, Trigger } from '#model/initiative.ts';
import type { Phase } from '#model/phase.ts';
import type { Clock, Observer } from '#model/ports.ts';
import type { LastRun, MetricStatus, StatusReport } from '#model/status.ts';
import type { Outcome } from '#model/verdict.ts';
import { isStanding } from './evidence.ts';
import { judgeRound, type Look, lookOnce, readInTurn } from './judge.ts';
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
  const [outcomes, triggers, metrics] = await Promise.all([
    judgePhases(phases, look, context.clock.now()),
    judgeTriggers(context.goals.triggers, context, context.signal),
    measure(context, look),
  ]);
  return composeStatus({ ...context, phases, outcomes, triggers, metrics, now: context.clock.now() });
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
  const bodies =
    environment === undefined ? [] : phases.map((phase) => ({ number: phase.number, name: phase.name, body: phase.for(environment) }));
  return matchPhases(bodies, goals);
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
  return { current: null, state: 'unknown', measured_at: null, method, sample: null, interval: null };
}
