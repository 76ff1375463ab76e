import { initiativeStatusOf, phaseStatusOf, progressOf } from '#goals/progress.ts';
import type { Goals, MatchedDeliverable, MatchedObjective, MatchedPhase } from '#goals/types.ts';
import { isGate } from '#model/check.ts';
import type { Status } from '#model/event.ts';
import type {
  DeliverableStatus,
  LastRun,
  MetricStatus,
  ObjectiveStatus,
  PhaseStatus,
  StatusReport,
  TriggerStatus,
  WaitingFor,
} from '#model/status.ts';
import type { Outcome } from '#model/verdict.ts';
import { isStanding, wasShown } from './evidence.ts';
import { isDeclaredAnew } from './freshness.ts';
import { distinctValidations } from './validations.ts';

/** Evidence older than this is shown as stale: what it says may not hold any more. */
const STALE_AFTER = 24 * 3_600_000;

type Outcomes = ReadonlyMap<string, Outcome>;

/** What can be said of an initiative; a live look adds `outcomes`, by check id. */
export interface StatusInput {
  readonly goals: Goals;
  readonly phases: readonly MatchedPhase[];
  readonly triggers: readonly TriggerStatus[];
  readonly metrics: readonly MetricStatus[];
  readonly now: Date;
  readonly lastRun?: LastRun;
  readonly outcomes?: Outcomes;
  /** Soaks as they are now, by objective id. */
  readonly soaks?: ReadonlyMap<string, WaitingFor>;
  readonly warnings?: readonly string[];
}

/** Pure: the report from what the file says and, unless offline, what was just seen. */
export function composeStatus(input: StatusInput): StatusReport {
  const { goals, now, lastRun, outcomes } = input;
  const phases = input.phases.map((phase) => phaseOf(phase, input));
  return {
    initiative: {
      name: goals.initiative.name,
      status: initiativeStatusOf(phases.map(({ status }) => status)),
      rollout: goals.rollout,
      progress: progressOf(phases.flatMap(deliverableStatuses)),
    },
    phases,
    triggers: input.triggers,
    metrics: input.metrics,
    offline: outcomes === undefined,
    observed_at: now.toISOString(),
    warnings: input.warnings ?? goals.warnings.map(({ pointer, line, message }) => `${goals.file}:${line}: ${pointer}: ${message}`),
    ...(lastRun === undefined ? {} : { last_run: lastRun }),
  };
}

function phaseOf(phase: MatchedPhase, input: StatusInput): PhaseStatus {
  const objectives = phase.objectives.map((objective) => objectiveOf(phase.number, objective, input));
  return {
    id: phase.id,
    number: phase.number,
    name: phase.name,
    status: objectives.length === 0 ? phase.status : phaseStatusOf(objectives.map(({ status }) => status)),
    progress: progressOf(objectives.flatMap(({ deliverables }) => deliverables.map(({ status }) => status))),
    objectives,
  };
}

function objectiveOf(phase: number, objective: MatchedObjective, input: StatusInput): ObjectiveStatus {
  const status = statusOf(objective, input.outcomes);
  const deliverables = objective.deliverables.map((deliverable) => ({
    title: deliverable.title,
    status: deliverableOf(deliverable, objective, status, input.outcomes),
    ...(deliverable.skipped === undefined ? {} : { reason: deliverable.skipped }),
  }));
  const { evidence } = objective;
  const stale = input.outcomes === undefined && evidence !== undefined && input.now.getTime() - Date.parse(evidence.at) > STALE_AFTER;
  const waiting =
    status === 'completed' || status === 'skipped'
      ? undefined
      : (input.soaks?.get(objective.id) ?? waitingFor(phase, objective, input.outcomes));
  return {
    id: objective.id,
    name: objective.name,
    status,
    basis: evidence === undefined && input.outcomes === undefined ? 'claimed' : 'evidence',
    deliverables,
    ...(stale ? { stale: true as const } : {}),
    ...(waiting === undefined ? {} : { waiting_for: waiting }),
    ...(objective.skipped === undefined ? {} : { reason: objective.skipped }),
  };
}

/** A claim that a look refutes is pending; what was shown once and does not hold any more is regressed. */
function statusOf(objective: MatchedObjective, outcomes: Outcomes | undefined): Status {
  if (objective.skipped !== undefined) return 'skipped';
  if (isDeclaredAnew(objective)) return 'in_progress';
  if (objective.status !== 'completed' || outcomes === undefined) return objective.status;
  const red = standingOf(objective).some((id) => ['failed', 'pending'].includes(outcomes.get(id)?.state ?? ''));
  if (wasShown(objective)) return red ? 'regressed' : 'completed';
  const shown = objective.deliverables.every(
    ({ skipped, validations }) => skipped !== undefined || validations.every(({ id }) => outcomes.get(id)?.state === 'met'),
  );
  return shown ? 'completed' : 'pending';
}

function deliverableOf(
  deliverable: MatchedDeliverable,
  objective: MatchedObjective,
  status: Status,
  outcomes: Outcomes | undefined,
): Status {
  if (deliverable.skipped !== undefined || status === 'skipped') return 'skipped';
  if (status === 'completed') return 'completed';
  if (deliverable.unknown) return objective.evidence?.approvals[deliverable.title] === undefined ? 'pending' : 'completed';
  const states = deliverable.validations.map((validation) =>
    'gate' in validation && validation.gate === 'approval' && objective.evidence?.approvals[validation.of] !== undefined
      ? 'met'
      : (outcomes?.get(validation.id)?.state ?? objective.evidence?.checks[validation.id]?.state),
  );
  if (states.length > 0 && states.every((state) => state === 'met')) return 'completed';
  return states.includes('failed') && objective.evidence !== undefined && !isDeclaredAnew(objective) ? 'failed' : 'pending';
}

/** A run, where the goals want something else by now; else what the file recorded, or the first check that is not met. */
function waitingFor(phase: number, objective: MatchedObjective, outcomes: Outcomes | undefined): ObjectiveStatus['waiting_for'] {
  const { evidence } = objective;
  if (evidence === undefined) return undefined;
  if (isDeclaredAnew(objective))
    return {
      what: 'the goals want something else than was rolled out',
      remedy: `anton-logging plan ${phase} shows what would change, anton-logging phase run ${phase} does it`,
    };
  if (evidence.waiting_for !== undefined) return evidence.waiting_for;
  const open = standingOf(objective).find((id) => (outcomes?.get(id)?.state ?? evidence.checks[id]?.state ?? 'met') !== 'met');
  if (open === undefined) return undefined;
  const live = outcomes?.get(open);
  const recorded = evidence.checks[open];
  return {
    what: live?.saw ?? recorded?.saw ?? open,
    ...(recorded === undefined ? {} : { since: recorded.at }),
    ...(live !== undefined && 'remedy' in live ? { remedy: live.remedy } : {}),
  };
}

/** Another objective may still ask for what is over for this one. */
function standingOf(objective: MatchedObjective): readonly string[] {
  return distinctValidations(objective)
    .filter((validation) => isGate(validation) || isStanding(validation, objective.evidence))
    .map(({ id }) => id);
}

function deliverableStatuses(phase: PhaseStatus): readonly Status[] {
  return phase.objectives.flatMap(({ deliverables }) => deliverables.map(({ status }: DeliverableStatus) => status));
}
