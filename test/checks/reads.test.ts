import { describe, expect, it } from 'vitest';
import { Unreadable } from '#model/errors.ts';
import type { Answer, Read, Reads, Request } from '#model/read.ts';
import { http, judge, s3 } from './support.ts';
import tables from './tables/index.ts';

const reads = tables.flatMap((table) =>
  Object.entries(table.check.reads as Reads).map(([name, read]) => ({ table, name, read, of: `${table.id} reads ${name}` })),
);

describe('an answer in another shape', () => {
  it.each(reads)('$of', ({ table, name, read }) => {
    const answer = garble(read.request, table.met[name] as Answer);
    // What the adapter has already understood (keys of a Secret, a status) has no other shape.
    if (answer === undefined) return;
    const error = thrownBy(read, answer);
    if (error !== undefined) {
      expect(error).toBeInstanceOf(Unreadable);
      expect((error as Error).message).toContain(subjectOf(read));
    } else {
      expect(judge(table.check, { ...table.met, [name]: answer }).state).not.toBe('met');
    }
  });
});

describe('an answer that it is not there', () => {
  it.each(reads)('$of', ({ table, name, read }) => {
    const verdict = judgeOrUnreadable(() => judge(table.check, { ...table.met, [name]: missing(read.request) }).state);
    if (table.spare.includes(name)) expect(verdict).toBe('met');
    else expect(['pending', 'failed', 'unreadable']).toContain(verdict);
  });
});

/** undefined: everything that the adapter can say of such a request is readable. */
function garble(request: Request, answer: Answer): Answer | undefined {
  switch (answer.of) {
    case 'object':
      return { of: 'object', object: { apiVersion: 'v1', kind: 'Anything', metadata: { name: 1 as never } } };
    case 'list':
      return { of: 'list', served: true, items: [{ apiVersion: 'v1', kind: 'Anything', metadata: {} as never }] };
    case 'http':
      return http(200, 'not what was asked for');
    case 's3':
      if (request.of !== 's3' || request.operation === 'head-bucket') return undefined;
      return s3(200, request.operation === 'list' ? { objects: [{ key: 'k', size: 1, modified: 'x' }] } : { body: 'garbage' });
    default:
      return undefined;
  }
}

function missing(request: Request): Answer {
  switch (request.of) {
    case 'object':
      return { of: 'object', object: undefined };
    case 'list':
      // The core's resources are served by every API server.
      return { of: 'list', served: request.scope.group === '', items: [] };
    case 'secret':
      return { of: 'secret', keys: undefined, revealed: {} };
    case 's3':
      return s3(404, { code: request.operation === 'get' ? 'NoSuchKey' : 'NoSuchBucket' });
    case 'git':
      if (request.look === 'checkout') return { of: 'checkout', edited: [], unpushed: [] };
      return request.look === 'files' ? { of: 'files', tip: 'c0ffee', files: {} } : { of: 'remote', remote: 'origin', branch: 'main' };
    default:
      return http(404, { kind: 'Status', message: 'services "it" not found', reason: 'NotFound', code: 404 });
  }
}

/** A bucket's subject says more than its messages need to. */
function subjectOf({ request, subject }: Read<unknown>): string {
  return request.of === 's3' ? request.bucket.name : subject;
}

function thrownBy(read: Read<unknown>, answer: Answer): unknown {
  try {
    read.decode(answer);
    return undefined;
  } catch (error) {
    return error;
  }
}

function judgeOrUnreadable(act: () => string): string {
  try {
    return act();
  } catch (error) {
    if (error instanceof Unreadable) return 'unreadable';
    throw error;
  }
}
