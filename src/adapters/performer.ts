import type { Change, Commit, PutObject } from '#model/change.ts';
import type { GitOps } from '#model/environment.ts';
import { Unobserved, Unreadable, UserError } from '#model/errors.ts';
import { nameOf, serviceName } from '#model/kubernetes.ts';
import type { Author, Clock, Merge, Performer } from '#model/ports.ts';
import type { Repository } from './git/repository.ts';
import type { Kubernetes } from './kubernetes/connect.ts';
import { readObject } from './kubernetes/read.ts';
import { applyObject, previewApply, removeObject, requestReconcile } from './kubernetes/write.ts';
import { createPush } from './loki.ts';
import { createS3 } from './s3.ts';

export interface PerformerParts {
  readonly kubernetes: Kubernetes;
  readonly repository?: Repository;
  readonly clock: Clock;
  /** Default: push. */
  readonly delivery?: GitOps['delivery'];
  /** Whether generated files that were edited by hand may be replaced. */
  readonly overwrite: boolean;
}

/** Performs changes of every kind. A connection that fails is reported like a refusal: doing it again is safe. */
export function createPerformer(parts: PerformerParts): Performer {
  const { kubernetes, clock, overwrite } = parts;
  const isProposed = parts.delivery === 'pull-request';
  const s3 = createS3(kubernetes, clock);
  const push = createPush(kubernetes, clock);

  async function preview(change: Change, signal: AbortSignal): Promise<string | undefined> {
    switch (change.do) {
      case 'commit':
        return repositoryOf(parts, change).diff(change, overwrite, signal);
      case 'reconcile':
        return `ask Flux to ${change.reset ? 'reset and ' : ''}reconcile ${nameOf(change.object)} now`;
      case 'apply':
        return previewApply(kubernetes, change.object, signal);
      case 'remove':
        return (await readObject(kubernetes, change.object, signal)).object === undefined ? undefined : `remove ${nameOf(change.object)}`;
      case 's3-put':
        return `put ${sizeOf(change)} bytes as ${change.key} into bucket ${change.bucket.name}`;
      case 's3-delete':
        return `delete ${change.key} from bucket ${change.bucket.name}`;
      case 'push':
        return `push ${change.lines.length} lines to ${serviceName(change.to)}`;
    }
  }

  async function perform(change: Change, by: Author, signal: AbortSignal): Promise<string> {
    switch (change.do) {
      case 'commit':
        if (isProposed) return repositoryOf(parts, change).propose(change, by, overwrite, signal);
        return (await repositoryOf(parts, change).commit(change, by, overwrite, signal)).text;
      case 'reconcile':
        // Flux compares tokens for equality only; a time makes each of a run's requests a new one.
        return requestReconcile(kubernetes, change, `${by.run}-${clock.now().toISOString()}`, signal);
      case 'apply':
        return applyObject(kubernetes, clock, change.object, signal);
      case 'remove':
        return removeObject(kubernetes, clock, change.object, signal);
      case 's3-put':
        await s3.put(change, signal);
        return `put ${sizeOf(change)} bytes as ${change.key} into bucket ${change.bucket.name}`;
      case 's3-delete':
        await s3.remove(change, signal);
        return `deleted ${change.key} from bucket ${change.bucket.name}`;
      case 'push':
        return push(change, signal);
    }
  }

  async function awaits(change: Change, signal: AbortSignal): Promise<Merge | undefined> {
    if (change.do !== 'commit' || !isProposed) return undefined;
    const repository = repositoryOf(parts, change);
    const proposal = await repository.proposal(change, signal);
    if (proposal === undefined) return undefined;
    const { branch, url } = proposal;
    return {
      what: `branch ${branch} of ${repository.remoteName} waits to be merged into ${repository.branch}: ${change.why}`,
      remedy: `have it reviewed and merged${url === undefined ? '' : ` (${url})`}, then: anton-logging resume; to have it pushed anew, delete the branch at the remote`,
    };
  }

  return {
    awaits: (change, signal) => awaits(change, signal).catch(asRefusal),
    preview: (change, signal) => preview(change, signal).catch(asRefusal),
    perform: (change, by, signal) => perform(change, by, signal).catch(asRefusal),
  };
}

function repositoryOf({ repository }: PerformerParts, change: Commit): Repository {
  if (repository !== undefined) return repository;
  throw new UserError(
    `"${change.why}" is to be committed, but no checkout of the Git repository is at hand`,
    'run in a checkout of the repository that Flux follows',
  );
}

function sizeOf({ body }: PutObject): number {
  return Buffer.byteLength(body);
}

function asRefusal(error: unknown): never {
  if (error instanceof Unobserved) throw new UserError(error.message, `${error.remedy}, then run again`);
  if (error instanceof Unreadable)
    throw new UserError(error.message, 'see whether something between here and the API server changes its answers');
  throw error;
}
