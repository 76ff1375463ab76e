import type { Evidence, MatchedObjective, MatchedPhase } from '#goals/types.ts';
import type { Probe } from '#model/check.ts';
import { parseDuration } from '#model/duration.ts';
import { digestDesired, wasOnceShown } from './evidence.ts';

/** Completed once, and wanted otherwise since: what is red of it by now is work to do, and nothing that went wrong. */
export function isDeclaredAnew(objective: Pick<MatchedObjective, 'status' | 'evidence' | 'definition'>): boolean {
  return wasOnceShown(objective) && objective.evidence?.desired !== digestDesired(objective);
}

/** When what an objective builds on became another one: `ahead`, when that is still to be done; undefined: never. */
export type LastChange = string | 'ahead' | undefined;

/** @param recorded evidence that is newer than that of the matched objectives */
export function findLastChange(
  phases: readonly Pick<MatchedPhase, 'objectives'>[],
  id: string,
  recorded: ReadonlyMap<string, Evidence> = new Map(),
): LastChange {
  const objectives = phases.flatMap((phase) => phase.objectives);
  const before = objectives.slice(
    0,
    objectives.findIndex((objective) => objective.id === id),
  );
  const updated = before
    .filter(({ skipped }) => skipped === undefined)
    .map((objective) => ({ ...objective, ...(recorded.has(objective.id) && { evidence: recorded.get(objective.id) as Evidence }) }));
  if (updated.some(isDeclaredAnew)) return 'ahead';
  return updated
    .flatMap(({ evidence }) => evidence?.changed_at ?? [])
    .toSorted()
    .at(-1);
}

/**
 * Whether the probe was met so lately, and with what is wanted today, that it need not write again.
 * @param shown what was shown since the objective's evidence was recorded, too
 */
export function isFresh(
  probe: Probe,
  objective: Pick<MatchedObjective, 'evidence' | 'definition'>,
  change: LastChange,
  now: Date,
  shown: Evidence['checks'] = objective.evidence?.checks ?? {},
): boolean {
  // What was shown of another desired state says nothing of this one.
  if (change === 'ahead' || objective.evidence?.desired !== digestDesired(objective)) return false;
  const last = shown[probe.id];
  if (last?.state !== 'met' || (change !== undefined && last.at < change)) return false;
  return now.getTime() - Date.parse(last.at) <= parseDuration(probe.validFor);
}
