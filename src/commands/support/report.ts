import { systemClock } from '#adapters/clock.ts';
import { observeStatus, offlineStatus } from '#engine/observe.ts';
import type { StatusReport } from '#model/status.ts';
import { catalogueFor } from './catalogue.ts';
import { interruptSignal } from './interrupt.ts';
import { findLastRun } from './journals.ts';
import { type OpenedGoals, openGoals, openOwnGoals } from './open-goals.ts';
import type { ClusterFlags } from './wire.ts';

type ReportFlags = ClusterFlags & { readonly goals: string | undefined };

/** What the goals file claims. Loads nothing that talks to a cluster. */
export async function reportOffline(flags: ReportFlags): Promise<StatusReport> {
  const opened = await openGoals(flags);
  return offlineStatus(opened.goals, catalogueFor(opened.environment), opened.environment, systemClock().now(), restOf(opened));
}

/** What is really there. */
export async function reportObserved(flags: ReportFlags): Promise<StatusReport> {
  const opened = await openOwnGoals(flags);
  const { wireLooking } = await import('./wire.ts');
  const { clock, observer } = await wireLooking(flags, opened.environment);
  const { goals, environment } = opened;
  return observeStatus({ ...catalogueFor(environment), goals, environment, observer, clock, signal: interruptSignal(), ...restOf(opened) });
}

function restOf({ file, warnings }: OpenedGoals) {
  const lastRun = findLastRun(file.path);
  return { warnings, ...(lastRun === undefined ? {} : { lastRun }) };
}
