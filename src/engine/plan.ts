import { skippedDeliverables } from '#goals/catalogue.ts';
import { loadGoals } from '#goals/load.ts';
import type { MatchedObjective, MatchedPhase } from '#goals/types.ts';
import { isCheck, isGate, isProbe, type Probe, type Validation } from '#model/check.ts';
import { EXIT } from '#model/errors.ts';
import type { Event, EventType } from '#model/event.ts';
import type { Basis, Plan, PlannedCheck, PlannedObjective, PlannedPhase } from '#model/plan.ts';
import type { RunContext, RunRequest } from './context.ts';
import { isStanding } from './evidence.ts';
import { describeChange } from './execute.ts';
import { findLastChange, isFresh } from './freshness.ts';
import { describePermission, distinct, permissionsOf } from './permissions.ts';
import { runPhases } from './run.ts';
import { selectPhases } from './select-phases.ts';
import { distinctValidations } from './validations.ts';

/** Whether a probe of the objective has to write again. */
type FindStale = (objective: MatchedObjective) => (probe: Probe) => boolean;

/** What a run would do: a dry run, and beside it what a run would wait for, probe and need. */
export async function planRollout(context: RunContext, request: RunRequest, basis: Basis): Promise<Plan> {
  const events: Event[] = [];
  const made = context.clock.now().toISOString();
  const listeners = [...context.listeners, (event: Event) => void events.push(event)];
  const { state, exit, summary, remedy } = await runPhases({ ...context, listeners }, { ...request, apply: true, dryRun: true });
  const goals = loadGoals(await context.goalsFile.read(), context.goalsFile.path);
  const all = selectPhases(context, request, goals);
  const matched = all.filter(({ number }) => number >= request.from && number <= request.to);
  const isDone = exit === 0 && matched.every((phase) => phase.objectives.every((objective) => hasNothingToDo(objective, events)));
  const now = context.clock.now();
  // A rehearsal merges as it approves.
  const isProposed = context.environment.gitops.delivery === 'pull-request' && !context.rehearsal;
  const isStale = (objective: MatchedObjective) => {
    const lastChange = findLastChange(all, objective.id);
    return (probe: Probe) => !isFresh(probe, objective, lastChange, now);
  };
  const phases = matched.map((phase) => planPhase(phase, events, isStale, isProposed));
  return {
    version: 1,
    made,
    from: request.from,
    to: request.to,
    basis,
    state,
    exit,
    summary: summarise(phases, isDone, exit === EXIT.interrupted, summary),
    ...(remedy === undefined || isDone ? {} : { remedy }),
    nothing_to_do: isDone,
    permissions: distinct(matched.flatMap(({ body }) => permissionsOf(body, true, request.repair))).map(describePermission),
    denied: ofType(events, 'preflight.finished').flatMap(({ denied }) => denied),
    phases,
  };
}

/** What only waits for an earlier phase of the plan is in nobody's way. */
function summarise(phases: readonly PlannedPhase[], isDone: boolean, isInterrupted: boolean, summary: string): string {
  if (isDone) return 'nothing to do: everything is as declared';
  const first = phases.find(({ state }) => state !== 'completed');
  const counts = phases.flatMap(({ objectives }) => objectives.map(({ changes }) => changes.length));
  const changes = counts.reduce((sum, count) => sum + count, 0);
  const isStopped = first === undefined || changes === 0 || isInterrupted || ['blocked', 'failed'].includes(first.state);
  if (isStopped) return summary;
  return `${changes} ${changes === 1 ? 'change' : 'changes'} planned, from phase ${first.phase} on; nothing was changed`;
}

function planPhase(phase: MatchedPhase, events: readonly Event[], isStale: FindStale, isProposed: boolean): PlannedPhase {
  const judged = ofType(events, 'check.judged').filter((event) => event.phase === phase.number && event.objective === undefined);
  // Of a check that was told twice the last word counts.
  const preconditions = [...new Map(judged.map((event) => [event.check, describeCheck(event)])).values()];
  const state = ofType(events, 'phase.finished').find((event) => event.phase === phase.number)?.state ?? 'pending';
  return {
    phase: phase.number,
    name: phase.name,
    state,
    preconditions,
    objectives: phase.objectives.map((objective) => planObjective(objective, events, isStale(objective), isProposed)),
  };
}

function planObjective(
  objective: MatchedObjective,
  events: readonly Event[],
  isStale: (probe: Probe) => boolean,
  isProposed: boolean,
): PlannedObjective {
  const changes = changesOf(objective, events);
  const finished = ofType(events, 'objective.finished').find((event) => event.objective === objective.id);
  const state = finished?.state ?? 'pending';
  const steps = objective.definition?.steps ?? [];
  const awaited = steps.flatMap((step) => (step.do === 'await' ? [step.what] : []));
  const isOver = state === 'completed' || state === 'skipped';
  const deciding = distinctValidations(objective);
  const stale = deciding.filter((one) => !isGate(one) && isProbe(one) && isStale(one));
  const validations = isOver ? stale : [...deciding, ...awaited].filter((one) => isOpen(one, objective));
  const ahead = [...new Map(validations.map((validation) => [validation.id, validation])).values()];
  return {
    objective: objective.id,
    name: objective.name,
    state,
    ...(finished?.reason === undefined || state === 'pending' ? {} : { reason: finished.reason }),
    skipped: objective.skipped === undefined ? skippedDeliverables(objective) : [],
    derives: steps.some((step) => step.do === 'derive'),
    changes,
    waits: ahead.filter(isCheck).map(({ id, title }) => ({ check: id, title })),
    probes: ahead
      .flatMap((one) => (!isGate(one) && isProbe(one) ? [one] : []))
      .map((probe) => {
        const { before, after } = probe.with('plan');
        return { probe: probe.id, title: probe.title, writes: [...before, ...after].map(describeChange) };
      }),
    gates: [
      ...(isProposed && changes.some((change) => change.do === 'commit') ? [MERGE] : []),
      ...ahead
        .filter(isGate)
        .map((gate) =>
          gate.gate === 'approval'
            ? { gate: gate.id, kind: gate.gate, what: gate.of }
            : { gate: gate.id, kind: gate.gate, what: gate.title, for: gate.for },
        ),
    ],
  };
}

const MERGE = { gate: 'git.merge', kind: 'merge', what: 'each commit is pushed as a branch, and somebody merges it' } as const;

/** Gates that a person passed already, and what was shown once for all, are not ahead any more. */
function isOpen(validation: Validation, { evidence }: MatchedObjective): boolean {
  if (!isGate(validation)) return isStanding(validation, evidence);
  return validation.gate === 'soak' || evidence?.approvals[validation.of] === undefined;
}

/** Of what is completed, probes may be old and would be run again. */
function hasNothingToDo(objective: MatchedObjective, events: readonly Event[]): boolean {
  const state = ofType(events, 'objective.finished').find((event) => event.objective === objective.id)?.state;
  return state === 'completed' || state === 'skipped';
}

function changesOf({ id }: MatchedObjective, events: readonly Event[]) {
  return ofType(events, 'change.skipped').flatMap(({ objective, would }) => (objective === id && would !== undefined ? [would] : []));
}

function describeCheck({ check, title, state, summary, cause, remedy }: Extract<Event, { type: 'check.judged' }>): PlannedCheck {
  return { check, title, state, summary, ...(cause === undefined ? {} : { cause }), ...(remedy === undefined ? {} : { remedy }) };
}

function ofType<T extends EventType>(events: readonly Event[], type: T): readonly Extract<Event, { type: T }>[] {
  return events.filter((event): event is Extract<Event, { type: T }> => event.type === type);
}
