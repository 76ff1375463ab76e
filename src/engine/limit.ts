import pLimit from 'p-limit';
import type { Observer } from '#model/ports.ts';

/** The same observer, with no more than so many reads under way at a time: a cluster has other users. */
export function limitReads(observer: Observer, concurrent: number): Observer {
  const limit = pLimit(concurrent);
  return {
    read: (request, signal) => limit(() => observer.read(request, signal)),
    watch: (scope, onChange, signal) => observer.watch(scope, onChange, signal),
  };
}
