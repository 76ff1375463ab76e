import { type Dispatcher, request as send } from 'undici';
import { Unreadable } from '#model/errors.ts';
import { sleep } from '../clock.ts';
import type { Access } from './config.ts';
import type { Kubernetes, Method, Query, Reply, RequestOptions } from './connect.ts';
import { describeFailure, isTransient, messageOf, statusOf } from './failures.ts';

const TIMEOUT = 30_000;
const RETRIES = 3;
const LONGEST_PAUSE = 5_000;
/** Bytes of an answer, and characters of a line of a watch: the largest page of a list that an API server sends has a tenth of that. */
const LARGEST = 64 * 2 ** 20;

/** Requests with the kubeconfig's TLS and credentials, tried again where that can do no harm. */
export function openHttp(access: Access, timeout = TIMEOUT): Kubernetes {
  /** How often credentials were renewed: of many refused at once, the first renews for all. */
  let renewals = 0;

  async function attempt(method: Method, path: string, options: RequestOptions): Promise<Reply> {
    const signals = [AbortSignal.timeout(options.timeout ?? timeout), ...(options.signal === undefined ? [] : [options.signal])];
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
      return { status: response.statusCode, headers: flatten(response.headers), body: await readBody(response.body, path) };
    } catch (error) {
      options.signal?.throwIfAborted();
      throw describeFailure(error, access);
    }
  }

  return {
    contextName: access.contextName,
    ...(access.userName !== undefined && { userName: access.userName }),
    server: access.server,

    async request(method, path, options = {}) {
      const repeatable = options.repeatable ?? (method !== 'POST' && method !== 'PUT');
      let mayRenew = true;
      for (let tries = 0; ; tries += 1) {
        options.signal?.throwIfAborted();
        let pause = 50 * 3 ** tries;
        try {
          const before = renewals;
          const reply = await attempt(method, path, options);
          if (mayRenew && isUnknown(reply, options)) {
            mayRenew = false;
            if (renewals > before || access.renew()) {
              if (renewals === before) renewals += 1;
              continue;
            }
          }
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
          if (response.statusCode === 401) access.renew();
          const reply = { status: response.statusCode, headers: flatten(response.headers), body: await readBody(response.body, path) };
          yield { type: 'ERROR', object: { kind: 'Status', code: reply.status, message: messageOf(reply) } };
          return;
        }
        yield* documents(response.body);
      } catch (error) {
        signal.throwIfAborted();
        throw error instanceof Unreadable ? error : describeFailure(error, access);
      }
    },
  };
}

/** @throws Unreadable when it is larger than anything that is meant to be read; what is left of it is not waited for */
async function readBody(body: AsyncIterable<Buffer>, path: string): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > LARGEST) throw new Unreadable(`the answer to ${path} is larger than ${LARGEST / 2 ** 20} MiB`);
    chunks.push(chunk);
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
}

async function* documents(body: AsyncIterable<Buffer>): AsyncIterable<unknown> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > LARGEST) throw new Unreadable('a line of a watch has no end');
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

/** Refused by the API server itself, before anything happened: a service behind it has credentials of its own. */
function isUnknown(reply: Reply, { proxied }: RequestOptions): boolean {
  return reply.status === 401 && (!proxied || statusOf(reply) !== undefined);
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
