import { Unobserved, Unreadable, UserError } from '#model/errors.ts';
import type { Reply } from './connect.ts';
import { explainConnection } from './connection.ts';

/** The body of every answer in which the API server itself says no. */
export interface StatusBody {
  readonly kind: 'Status';
  readonly message?: string;
  readonly reason?: string;
}

/** The API server's own Status, if that is what the answer holds: a service behind its proxy answers otherwise. */
export function statusOf(reply: Reply): StatusBody | undefined {
  if (reply.status < 400 || !reply.body.startsWith('{')) return undefined;
  try {
    const body = JSON.parse(reply.body) as StatusBody & { apiVersion?: string };
    return body.kind === 'Status' && body.apiVersion === 'v1' ? body : undefined;
  } catch {
    return undefined;
  }
}

/** What the server said, in one line. */
export function messageOf(reply: Reply): string {
  const said = statusOf(reply)?.message;
  const words = typeof said === 'string' ? said : (reply.body.trim().split('\n', 1)[0] ?? '');
  return words === '' ? `status ${reply.status}` : words.slice(0, 500);
}

/**
 * For an answer to a read that is neither the object nor "not there".
 * @returns what to throw
 */
export function readFailure(reply: Reply, what: string): Unobserved | Unreadable {
  const message = `${what}: ${messageOf(reply)}`;
  if (reply.status === 401) return new Unobserved('unauthorized', message);
  if (reply.status === 403) return new Unobserved('forbidden', message);
  if (reply.status === 504) return new Unobserved('timeout', message);
  if (reply.status === 429 || reply.status >= 500) return new Unobserved('overloaded', message);
  return new Unreadable(message);
}

/**
 * For a write that the API server did not accept.
 * @returns what to throw
 */
export function writeFailure(reply: Reply, what: string): UserError {
  const message = messageOf(reply);
  // To a field that its schema does not have the API server answers 500, though the mistake is in the manifest.
  const isMistake = message.startsWith('failed to create typed patch object');
  return new UserError(`${what}: ${message}`, remedyFor(isMistake ? 400 : reply.status));
}

function remedyFor(status: number): string {
  if (status === 401) return 'log in to the cluster again';
  if (status === 403) return 'get the permission named above, then run again';
  if (status === 404) return 'see that the namespace and the resource exist, then run again';
  if (status === 409) return 'see who else manages this object, and leave it to one of them';
  if (status === 429 || status >= 500) return 'the API server is in trouble: run again when it is well';
  return 'correct what the API server names, then run again';
}

interface Coded {
  readonly code?: string;
  readonly name?: string;
  readonly message?: string;
  readonly cause?: Coded;
}

class Transport extends Unobserved {
  readonly code: string;

  constructor(reason: Unobserved['reason'], message: string, code: string, remedy?: string) {
    super(reason, message, remedy);
    this.code = code;
  }
}

/** What is tried to reach, by way of which proxy, and who knows what its troubles mean; default: an API server's. */
export interface Connection {
  readonly server: URL;
  readonly proxy?: string;
  readonly explain?: typeof explainConnection;
}

/** An error of the connection as an Unobserved that says where and why. Anything else is a bug and comes back as it is. */
export function describeFailure(error: unknown, { server, proxy, explain = explainConnection }: Connection): unknown {
  if (error instanceof Unobserved) return error;
  const { code, name, message, cause } = error as Coded;
  if (name === 'TimeoutError') return new Transport('timeout', `${server.origin} did not answer in time`, 'TIMEOUT');
  const known = code ?? cause?.code;
  if (known === undefined) return error;
  const words = (message || cause?.message || known).trim();
  if (known.endsWith('_TIMEOUT') || known === 'ETIMEDOUT')
    return new Transport('timeout', `${server.origin} did not answer in time: ${words}`, known);
  const by = proxy === undefined ? undefined : URL.canParse(proxy) ? new URL(proxy).host : 'its proxy';
  const { what, remedy } = explain(known, words, server, by);
  return new Transport('unreachable', `${server.origin}${by === undefined ? '' : ` by way of the proxy ${by}`}: ${what}`, known, remedy);
}

const NEVER_ARRIVED = ['ECONNREFUSED', 'EAI_AGAIN'];
const BROKE_OFF = ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'];

/** Whether it is worth trying again at once. */
export function isTransient(error: unknown, repeatable: boolean): boolean {
  if (!(error instanceof Transport)) return false;
  return NEVER_ARRIVED.includes(error.code) || (repeatable && BROKE_OFF.includes(error.code));
}
