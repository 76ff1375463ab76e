import { EXIT, Unobserved, Unreadable, UserError } from '#model/errors.ts';
import type { ConfigOptions } from './config.ts';
import { messageOf, statusOf } from './failures.ts';

/** One connection to one API server: raw JSON, because generated models lose fields that they don't know. */
export interface Kubernetes {
  readonly contextName: string;
  /** What the kubeconfig calls the user of that context. */
  readonly userName?: string;
  readonly server: URL;
  /**
   * The API server's answer, whatever its status.
   * @throws Unobserved when there was none: unreachable, timed out
   */
  request(method: Method, path: string, options?: RequestOptions): Promise<Reply>;
  /**
   * The JSON documents of a watch, until the server ends it.
   * @throws Unobserved when it can't begin or breaks off
   */
  stream(path: string, query: Query, signal: AbortSignal): AsyncIterable<unknown>;
}

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
/** A text is taken as it is: presigned queries must not be encoded anew. */
export type Query = string | Readonly<Record<string, string>>;

export interface RequestOptions {
  readonly query?: Query;
  /** Texts and buffers are sent as they are, all else as JSON. */
  readonly body?: unknown;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Milliseconds for each try. */
  readonly timeout?: number;
  /** The answer comes from a service behind the API server: its 5xx and 429 are answers, not the API server's own trouble. */
  readonly proxied?: boolean;
  /** Whether it may be sent again when nobody knows if it arrived; default: by method. */
  readonly repeatable?: boolean;
}

export interface Reply {
  readonly status: number;
  /** Lower-case names; several values are joined by ", ", those of set-cookie by newlines. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * Connects to the cluster that the kubeconfig names, and asks for its version to see that somebody is there.
 * @throws UserError when there is no kubeconfig, no such context, or the API server does not answer or does not know us
 */
export async function connect(options: ConfigOptions): Promise<Kubernetes> {
  // Loaded here: the kubeconfig library and the HTTP client take longer than many a command.
  const [{ loadConfig }, { openHttp }] = await Promise.all([import('./config.ts'), import('./http.ts')]);
  const access = loadConfig(options);
  const kubernetes = openHttp(access, options.timeout);
  const where = `the API server of context "${access.contextName}" (${access.server.origin})`;
  let reply: Reply;
  try {
    reply = await kubernetes.request('GET', '/version', { timeout: 10_000 });
  } catch (error) {
    if (!(error instanceof Unobserved)) throw error;
    throw new UserError(
      error.reason === 'unauthorized' ? error.message : `the API server of context "${access.contextName}" can't be used: ${error.message}`,
      error.remedy,
      EXIT.unknown,
    );
  }
  if (reply.status === 401) {
    throw new UserError(
      `${where} does not know these credentials: ${messageOf(reply)}`,
      'log in again, or choose another --context',
      EXIT.unknown,
    );
  }
  refuseOther(reply, where);
  return kubernetes;
}

/**
 * Whatever is not an API server answers, too: a login page, a router, a gateway whose API server is down. Its answers to reads would be
 * told one by one as things that can't be understood. A refusal by Status is an API server's.
 */
function refuseOther(reply: Reply, where: string): void {
  if (statusOf(reply) !== undefined || typeof versionIn(reply) === 'string') return;
  const isDown = reply.status >= 500;
  throw new UserError(
    `${where} ${isDown ? 'is in trouble' : 'does not answer as an API server does'}: GET /version gave status ${reply.status} and ${describeBody(reply)}`,
    isDown
      ? 'see that the API server behind that address is up, then run this again'
      : 'correct clusters[].cluster.server in the kubeconfig, or log in to the proxy in between, or choose another --context',
    EXIT.unknown,
  );
}

function versionIn(reply: Reply): unknown {
  try {
    return (JSON.parse(reply.body) as { gitVersion?: unknown } | null)?.gitVersion;
  } catch {
    return undefined;
  }
}

function describeBody({ headers, body }: Reply): string {
  const { location = '' } = headers;
  if (URL.canParse(location)) return `sends to ${new URL(location).origin}`;
  return body.trim() === '' ? 'nothing else' : (headers['content-type']?.split(';')[0] ?? 'something without a type');
}

/** The API server's address, with the path below which some proxies keep it. */
export function addressOf({ server }: Pick<Kubernetes, 'server'>): string {
  return server.origin + server.pathname.replace(/\/$/, '');
}

/** The JSON of an answer of the API server itself. @throws Unreadable when it is none */
export function parseReply(reply: Reply, what: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(reply.body);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // Said below: what came is not worth more than its name.
  }
  throw new Unreadable(`the API server's answer for ${what} is not JSON (status ${reply.status}, ${reply.body.length} characters)`);
}
