import { pathOfObject, pathOfProxy, pathOfScope } from '#adapters/kubernetes/paths.ts';
import { isGate, isProbe, type Validation } from '#model/check.ts';
import type { Phase } from '#model/phase.ts';
import type { Read, Reads, Request } from '#model/read.ts';
import { targetOf } from './front.ts';

/** Which targets a check has decoded an answer of, by its id. */
export type Readers = Map<string, Set<string>>;

/** The same phases, whose checks note in `readers` what they read; only those checks and probes, if any are named. */
export function noteReaders(phases: readonly Phase[], readers: Readers, only?: ReadonlySet<string>): readonly Phase[] {
  return phases.map((phase) => ({
    ...phase,
    for(environment) {
      const body = phase.for(environment);
      const objectives = body.objectives.map((objective) =>
        Object.defineProperties({} as typeof objective, {
          ...Object.getOwnPropertyDescriptors(objective),
          deliverables: {
            enumerable: true,
            value: objective.deliverables.map((deliverable) => ({
              ...deliverable,
              validations: deliverable.validations
                .filter((validation) => only === undefined || (!isGate(validation) && only.has(validation.id)))
                .map((validation) => noted(validation, readers)),
            })),
          },
        }),
      );
      return { ...body, objectives };
    },
  }));
}

function noted(validation: Validation, readers: Readers): Validation {
  if (isGate(validation)) return validation;
  const note = (reads: Reads): Reads => Object.fromEntries(Object.entries(reads).map(([name, read]) => [name, notedRead(read)]));
  const seen = readers.get(validation.id) ?? new Set<string>();
  readers.set(validation.id, seen);
  const notedRead = (read: Read<unknown>): Read<unknown> => ({
    ...read,
    decode(answer) {
      const target = targetRead(read.request);
      if (target !== undefined) seen.add(target);
      return read.decode(answer);
    },
  });
  if (isProbe(validation)) {
    return {
      ...validation,
      with(mark) {
        const probing = validation.with(mark);
        return { ...probing, reads: note(probing.reads) };
      },
    };
  }
  const { next } = validation;
  return { ...validation, reads: note(validation.reads), ...(next === undefined ? {} : { next: (known) => note(next(known)) }) };
}

/** The target that a request is answered by; undefined for Git. */
function targetRead(request: Request): string | undefined {
  switch (request.of) {
    case 'object':
      return targetOf(pathOfObject(request.ref));
    case 'list':
      return targetOf(pathOfScope(request.scope));
    case 'logs':
      return 'logs of pods';
    case 'secret':
      return 'secrets';
    case 'http':
      return targetOf(pathOfProxy(request.service));
    case 'api':
      return request.path;
    case 's3':
      return typeof request.bucket.endpoint === 'string' ? undefined : targetOf(pathOfProxy(request.bucket.endpoint));
    case 'git':
      return undefined;
  }
}
