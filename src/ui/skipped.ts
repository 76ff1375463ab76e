import type { StatusReport } from '#model/status.ts';

/** What does not apply here by its reason: "5.1 Airflow Migration" as a whole, else deliverables. */
export function skippedByReason({ phases }: StatusReport): ReadonlyMap<string, readonly string[]> {
  const all = phases
    .flatMap(({ objectives }) => objectives)
    .flatMap(({ id, name, reason, deliverables }) =>
      reason === undefined
        ? deliverables.map((deliverable) => ({ what: `${id} ${deliverable.title}`, reason: deliverable.reason }))
        : [{ what: `${id} ${name}`, reason }],
    );
  const groups = new Map<string, string[]>();
  for (const { what, reason } of all) if (reason !== undefined) groups.set(reason, [...(groups.get(reason) ?? []), what]);
  return groups;
}
