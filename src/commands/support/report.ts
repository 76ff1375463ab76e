import { systemClock } from '#adapters/clock.ts';
import { observeStatus, offlineStatus } from '#engine/observe.ts';
import { Unobserved, UserError } from '#model/errors.ts';
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
  const { readHolder } = await import('#adapters/kubernetes/holder.ts');
  const { goals, environment } = opened;
  const { kubernetes, clock, observer } = await wireLooking(flags, environment);
  const rest = restOf(opened);
  const [report, holder] = await Promise.all([
    observeStatus({ ...catalogueFor(environment), goals, environment, observer, clock, signal: interruptSignal(), ...rest }),
    // Nothing in a status hangs on it.
    readHolder(kubernetes, environment.gitops.namespace, clock.now()).catch((error: unknown) => describeUntold(error)),
  ]);
  if (typeof holder === 'string') return { ...report, warnings: [...report.warnings, holder] };
  return holder === undefined ? report : { ...report, holder };
}

function describeUntold(error: unknown): string {
  if (error instanceof UserError || error instanceof Unobserved) return `who holds the Lease can't be told: ${error.message}`;
  throw error;
}

function restOf({ file, warnings }: OpenedGoals) {
  const lastRun = findLastRun(file.path);
  return { warnings, ...(lastRun === undefined ? {} : { lastRun }) };
}
