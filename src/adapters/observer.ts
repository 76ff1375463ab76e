import { Unobserved } from '#model/errors.ts';
import type { Clock, Observer } from '#model/ports.ts';
import type { FilesAnswer, GitRequest, RemoteAnswer } from '#model/read.ts';
import type { Repository } from './git/repository.ts';
import type { Kubernetes } from './kubernetes/connect.ts';
import { readList, readObject, readSecretKeys } from './kubernetes/read.ts';
import { createServiceReader, readApi } from './kubernetes/service.ts';
import { createWatches } from './kubernetes/watch.ts';
import { createS3 } from './s3.ts';

/**
 * Answers every kind of request over one connection and one Git repository.
 * A read whose signal aborts rejects with the signal's reason.
 */
export function createObserver(parts: { kubernetes: Kubernetes; repository?: Repository; clock: Clock }): Observer {
  const { kubernetes, repository, clock } = parts;
  const readService = createServiceReader(kubernetes);
  const s3 = createS3(kubernetes, clock);
  return {
    watch: createWatches(kubernetes, clock),
    async read(request, signal) {
      switch (request.of) {
        case 'object':
          return readObject(kubernetes, request.ref, signal);
        case 'list':
          return readList(kubernetes, request.scope, request.selector, signal);
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
    },
  };
}

async function readGit(repository: Repository | undefined, request: GitRequest, signal: AbortSignal): Promise<RemoteAnswer | FilesAnswer> {
  if (repository === undefined) throw new Unobserved('unreachable', 'no checkout of the Git repository is at hand');
  return request.look === 'files' ? repository.files(request.paths, signal) : repository[request.look](signal);
}
