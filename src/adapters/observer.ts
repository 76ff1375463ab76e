import pLimit from 'p-limit';
import { Unobserved } from '#model/errors.ts';
import type { Clock, Observer } from '#model/ports.ts';
import type { Answer, CheckoutAnswer, DifferencesAnswer, FilesAnswer, GitRequest, RemoteAnswer, Request } from '#model/read.ts';
import type { Repository } from './git/repository.ts';
import type { Kubernetes } from './kubernetes/connect.ts';
import { readLogs } from './kubernetes/logs.ts';
import { readList, readObject, readSecretKeys } from './kubernetes/read.ts';
import { createServiceReader, readApi } from './kubernetes/service.ts';
import { createWatches } from './kubernetes/watch.ts';
import { createS3 } from './s3.ts';

/** Reads that are under way together: a check that names many must not fill Loki's queue, nor open a connection for each. */
const AT_ONCE = 16;

/**
 * Answers every kind of request over one connection and one Git repository.
 * A read whose signal aborts rejects with the signal's reason.
 */
export function createObserver(parts: { kubernetes: Kubernetes; repository?: Repository; clock: Clock }): Observer {
  const { kubernetes, repository, clock } = parts;
  const readService = createServiceReader(kubernetes);
  const s3 = createS3(kubernetes, clock);
  const limit = pLimit(AT_ONCE);
  return {
    watch: createWatches(kubernetes, clock),
    read: (request, signal) => limit(() => read(request, signal)),
  };

  async function read(request: Request, signal: AbortSignal): Promise<Answer> {
    switch (request.of) {
      case 'object':
        return readObject(kubernetes, request.ref, signal);
      case 'list':
        return readList(kubernetes, request, signal);
      case 'logs':
        return readLogs(kubernetes, request, signal);
      case 'secret':
        return readSecretKeys(kubernetes, request, signal);
      case 'http':
        return readService(request, signal);
      case 'api':
        return readApi(kubernetes, request.path, signal);
      case 's3':
        return s3.read(request, signal);
      case 'git':
        return readGit(repository, request, signal);
    }
  }
}

/** @throws Unobserved when there is no checkout */
export async function readGit(
  repository: Repository | undefined,
  request: GitRequest,
  signal: AbortSignal,
): Promise<RemoteAnswer | CheckoutAnswer | FilesAnswer | DifferencesAnswer> {
  if (repository === undefined) throw new Unobserved('unreachable', 'no checkout of the Git repository is at hand');
  if (request.look === 'files') return repository.files(request.paths, signal, request.endings);
  return request.look === 'differences' ? repository.differences(request, signal) : repository[request.look](signal);
}
