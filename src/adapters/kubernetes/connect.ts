import type { Dispatcher } from 'undici';
import { EXIT, Unobserved, Unreadable, UserError } from '#model/errors.ts';
import { sleep } from '../clock.ts';
import { type Access, type ConfigOptions, loadConfig } from './config.ts';
import { describeFailure, isTransient, messageOf } from './failures.ts';

/** One connection to one API server: raw JSON, because generated models lose fields that they don't know. */
export interface Kubernetes {
  readonly contextName: string;
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

const TIMEOUT = 30_000;
const RETRIES = 3;
const LONGEST_PAUSE = 5_000;

/**
 * Connects to the cluster that the kubeconfig names, and asks for its version to see that somebody is there.
 * @throws UserError when there is no kubeconfig, no such context, or the API server does not answer or does not know us
 */
export async function connect(options: ConfigOptions): Promise<Kubernetes> {
  const access = await loadConfig(options);
  const kubernetes = overHttp(access, (await import('undici')).request);
  const where = `the API server of context "${access.contextName}" (${access.server.origin})`;
  let reply: Reply;
  try {
    reply = await kubernetes.request('GET', '/version', { timeout: 10_000 });
  } catch (error) {
    if (!(error instanceof Unobserved)) throw error;
    throw new UserError(
      `${where} can't be reached: ${error.message}`,
      'start or reach the cluster, or choose another --context',
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
  return kubernetes;
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

function overHttp(access: Access, send: typeof import('undici').request): Kubernetes {
  async function attempt(method: Method, path: string, options: RequestOptions): Promise<Reply> {
    const signals = [AbortSignal.timeout(options.timeout ?? TIMEOUT), ...(options.signal === undefined ? [] : [options.signal])];
    try {
      const { headers, dispatcher } = await access.authorize();
      const { body, contentType } = encode(options);
      const response = await send(locate(access.server, path, options.query), {
        method,
        dispatcher,
        headers: { accept: 'application/json', ...options.headers, ...headers, ...(contentType && { 'content-type': contentType }) },
        ...(body !== undefined && { body }),
        signal: AbortSignal.any(signals),
      });
      return { status: response.statusCode, headers: flatten(response.headers), body: await response.body.text() };
    } catch (error) {
      options.signal?.throwIfAborted();
      throw describeFailure(error, access.server);
    }
  }

  return {
    contextName: access.contextName,
    server: access.server,

    async request(method, path, options = {}) {
      const repeatable = options.repeatable ?? (method !== 'POST' && method !== 'PUT');
      for (let tries = 0; ; tries += 1) {
        options.signal?.throwIfAborted();
        let pause = 50 * 3 ** tries;
        try {
          const reply = await attempt(method, path, options);
          if (tries === RETRIES || options.proxied || !isOverloaded(reply.status, repeatable)) return reply;
          pause = Math.min(retryAfter(reply) ?? pause, LONGEST_PAUSE);
        } catch (error) {
          if (tries === RETRIES || !isTransient(error, repeatable)) throw error;
        }
        await sleep(pause, options.signal ?? new AbortController().signal);
      }
    },

    async *stream(path, query, signal) {
      try {
        const { headers, dispatcher } = await access.authorize();
        // Longer than any watch lasts: bookmarks come every minute.
        const limits = { headersTimeout: TIMEOUT, bodyTimeout: 330_000 };
        const response = await send(locate(access.server, path, query), {
          dispatcher,
          headers: { accept: 'application/json', ...headers },
          signal,
          ...limits,
        });
        if (response.statusCode !== 200) {
          const reply = { status: response.statusCode, headers: flatten(response.headers), body: await response.body.text() };
          yield { type: 'ERROR', object: { kind: 'Status', code: reply.status, message: messageOf(reply) } };
          return;
        }
        yield* documents(response.body);
      } catch (error) {
        signal.throwIfAborted();
        throw error instanceof Unreadable ? error : describeFailure(error, access.server);
      }
    },
  };
}

async function* documents(body: AsyncIterable<Buffer>): AsyncIterable<unknown> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line.trim() === '') continue;
      try {
        yield JSON.parse(line);
      } catch {
        throw new Unreadable('a line of a watch is not JSON');
      }
    }
  }
}

function locate(server: URL, path: string, query: Query | undefined): string {
  const search = typeof query === 'string' ? query.replace(/^\?/, '') : new URLSearchParams(query ?? {}).toString();
  // A server behind a path (Rancher) keeps its prefix.
  return `${server.origin}${server.pathname.replace(/\/$/, '')}${path}${search === '' ? '' : `?${search}`}`;
}

function encode({ body, contentType }: RequestOptions): { body?: string | Buffer; contentType?: string } {
  if (body === undefined) return {};
  const raw = typeof body === 'string' || Buffer.isBuffer(body);
  return { body: raw ? body : JSON.stringify(body), contentType: contentType ?? (raw ? 'application/octet-stream' : 'application/json') };
}

function flatten(headers: Dispatcher.ResponseData['headers']): Record<string, string> {
  const entries = Object.entries(headers).map(([name, value]): [string, string] => [
    name.toLowerCase(),
    Array.isArray(value) ? value.join(name.toLowerCase() === 'set-cookie' ? '\n' : ', ') : (value ?? ''),
  ]);
  return Object.fromEntries(entries);
}

/** 429 was refused before anything happened; a 5xx may have done something. */
function isOverloaded(status: number, repeatable: boolean): boolean {
  return status === 429 || (repeatable && status >= 500);
}

/** Milliseconds. */
function retryAfter(reply: Reply): number | undefined {
  const seconds = Number(reply.headers['retry-after']);
  return reply.headers['retry-after'] !== undefined && Number.isFinite(seconds) ? seconds * 1000 : undefined;
}
