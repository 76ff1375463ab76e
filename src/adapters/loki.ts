import type { PushLines } from '#model/change.ts';
import { UserError } from '#model/errors.ts';
import { type ServiceRef, serviceName } from '#model/kubernetes.ts';
import type { Clock } from '#model/ports.ts';
import type { Kubernetes, Reply } from './kubernetes/connect.ts';
import { messageOf } from './kubernetes/failures.ts';
import { requestService } from './kubernetes/service.ts';

export type Push = (change: PushLines, signal: AbortSignal) => Promise<string>;

/** Pushes lines into Loki; their times rise strictly, also from push to push, so that none is taken for another. */
export function createPush(kubernetes: Kubernetes, clock: Clock): Push {
  let last = 0n;

  function nextTime(): string {
    const now = BigInt(clock.now().getTime()) * 1_000_000n;
    last = now > last ? now : last + 1n;
    return String(last);
  }

  return async ({ to, labels, lines, flush }, signal) => {
    const body = { streams: [{ stream: labels, values: lines.map((line) => [nextTime(), line]) }] };
    const pushed = await requestService(kubernetes, to, 'POST', '/loki/api/v1/push', { body, signal });
    if (pushed.status !== 204) throw refused(pushed, to, 'the push');
    const done = `pushed ${lines.length} ${lines.length === 1 ? 'line' : 'lines'} to ${serviceName(to)}`;
    if (flush === undefined) return done;
    const flushed = await requestService(kubernetes, flush, 'POST', '/flush', { signal });
    if (flushed.status !== 204 && flushed.status !== 200) throw refused(flushed, flush, 'the flush');
    return `${done} and flushed ${serviceName(flush)}`;
  };
}

function refused(reply: Reply, service: ServiceRef, what: string): UserError {
  return new UserError(
    `${serviceName(service)} answered ${what} with ${reply.status}: ${messageOf(reply)}`,
    `see what the answer names: Loki's limits and readiness, or the route to ${serviceName(service)}`,
  );
}
