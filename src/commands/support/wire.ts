import { findActor } from '#adapters/actor.ts';
import { systemClock } from '#adapters/clock.ts';
import { openRepository, type Repository } from '#adapters/git/repository.ts';
import { createAccessReviewer } from '#adapters/kubernetes/access.ts';
import { connect, type Kubernetes } from '#adapters/kubernetes/connect.ts';
import { processIdentity } from '#adapters/kubernetes/identity.ts';
import { createLock } from '#adapters/kubernetes/lease.ts';
import { createObserver } from '#adapters/observer.ts';
import { createPerformer } from '#adapters/performer.ts';
import { assertRehearsal, rehearsalApprovals, rehearsalClock } from '#adapters/rehearsal.ts';
import type { Environment } from '#model/environment.ts';
import { UserError } from '#model/errors.ts';
import type { Actor } from '#model/event.ts';
import type { AccessReviewer, Approvals, Clock, Lock, Observer, Performer } from '#model/ports.ts';

export interface ClusterFlags {
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
}

/** The ports for looking at a cluster. */
export interface Looking {
  readonly kubernetes: Kubernetes;
  /** "homelab (https://…)" */
  readonly cluster: string;
  readonly rehearsal: boolean;
  readonly clock: Clock;
  readonly observer: Observer;
}

/** The ports for changing it, too. */
export interface Writing extends Looking {
  /** The branch that Flux follows, seen from here. */
  readonly git: Repository;
  readonly performer: Performer;
  readonly lock: Lock;
  readonly access: AccessReviewer;
  readonly approvals: Approvals;
  /** Who would be writing. */
  who(signal: AbortSignal): Promise<Actor>;
}

/** Where ANTON_LOGGING_REHEARSAL points; undefined outside a rehearsal. */
interface Surroundings {
  readonly rehearsal: string | undefined;
  /** Somewhere in the checkout of the repository that Flux follows. */
  readonly checkout: string;
}

/**
 * Connects for reading. Without a checkout the checks on Git become unknown; all else can still be seen.
 * @throws UserError or Unobserved when there is no cluster to look at
 */
export async function wireLooking(flags: ClusterFlags, environment: Environment, around = surroundings()): Promise<Looking> {
  const repository = await openGitOps(environment, around).catch((error: unknown) => {
    if (error instanceof UserError) return undefined;
    throw error;
  });
  return look(flags, repository, around);
}

/**
 * As `wireLooking`, before anybody knows of a repository.
 * @throws UserError or Unobserved when there is no cluster to look at
 */
export function wireCluster(flags: ClusterFlags): Promise<Looking> {
  return look(flags, undefined, surroundings());
}

/**
 * Connects for writing.
 * @throws UserError or Unobserved when there is no cluster, or no checkout of the repository
 */
export async function wireWriting(
  flags: ClusterFlags,
  environment: Environment,
  overwrite: boolean,
  around = surroundings(),
): Promise<Writing> {
  const repository = await openGitOps(environment, around);
  const looking = await look(flags, repository, around);
  const { kubernetes, clock, rehearsal } = looking;
  // A rehearsal merges as it approves: at once.
  const delivery = rehearsal ? 'push' : environment.gitops.delivery;
  return {
    ...looking,
    git: repository,
    performer: createPerformer({ kubernetes, repository, clock, overwrite, delivery }),
    lock: createLock({ kubernetes, clock, namespace: environment.gitops.namespace, identity: processIdentity() }),
    access: createAccessReviewer(kubernetes),
    approvals: rehearsal ? rehearsalApprovals(kubernetes, clock) : NO_OUTSIDE_APPROVALS,
    who: (signal) => findActor(kubernetes, around.checkout, signal),
  };
}

/** Real approvals stand in the goals file, which the engine reads itself. */
const NO_OUTSIDE_APPROVALS: Approvals = { find: async () => undefined };

export function surroundings(): Surroundings {
  return { rehearsal: process.env.ANTON_LOGGING_REHEARSAL || undefined, checkout: process.cwd() };
}

async function look(flags: ClusterFlags, repository: Repository | undefined, { rehearsal }: Surroundings): Promise<Looking> {
  const kubernetes = await connect({
    ...(flags.kubeconfig === undefined ? {} : { kubeconfig: flags.kubeconfig }),
    ...(flags.context === undefined ? {} : { context: flags.context }),
  });
  if (rehearsal !== undefined) assertRehearsal(kubernetes, rehearsal);
  const clock = rehearsal === undefined ? systemClock() : await rehearsalClock(kubernetes);
  return {
    kubernetes,
    cluster: `${kubernetes.contextName} (${kubernetes.server.origin})`,
    rehearsal: rehearsal !== undefined,
    clock,
    observer: createObserver({ kubernetes, clock, ...(repository === undefined ? {} : { repository }) }),
  };
}

function openGitOps({ gitops }: Environment, { checkout }: Surroundings): Promise<Repository> {
  return openRepository({ directory: checkout, remote: gitops.remote, branch: gitops.branch, delivery: gitops.delivery });
}
