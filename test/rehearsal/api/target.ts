import { afterAll, beforeAll } from 'vitest';
import { type Served, serve } from './serve.ts';

export interface Reply {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: whatever JSON the server sent, for assertions only
  readonly body: any;
}

export interface Target {
  request(method: string, path: string, options?: Options): Promise<Reply>;
  /** Begins a watch and gives its events in order. */
  watch(path: string): AsyncGenerator<{ readonly type: string; readonly object: Reply['body'] }>;
  /** A new name, and a namespace of that name. */
  namespace(): Promise<string>;
}

export interface Options {
  readonly body?: unknown;
  readonly type?: string;
  readonly token?: string;
}

const MERGE = 'application/merge-patch+json';
const APPLY = 'application/apply-patch+yaml';
let namespaces = 0;

export const merge = (body: unknown): Options => ({ body, type: MERGE });
export const apply = (body: unknown): Options => ({ body, type: APPLY });

/**
 * The contract: what any API server answers. The embedded one by default; CONTRACT_URL names another, that knows the tokens
 * `admin` (in system:masters) and `limited` (without rights).
 */
export function useTarget(): Target {
  let served: Served | undefined;
  let base = process.env.CONTRACT_URL ?? '';
  beforeAll(async () => {
    if (base !== '') return;
    served = await serve();
    base = served.api.url;
  });
  afterAll(() => served?.api.stop());
  return targetAt(() => base);
}

export function targetAt(base: () => string): Target {
  async function request(method: string, path: string, { body, type = 'application/json', token = 'admin' }: Options = {}): Promise<Reply> {
    const headers = {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': type }),
    };
    const sent = typeof body === 'string' || body === undefined ? body : JSON.stringify(body);
    const response = await fetch(`${base()}${path}`, { method, headers, ...(sent === undefined ? {} : { body: sent }) });
    const text = await response.text();
    return { status: response.status, body: response.headers.get('content-type') === 'application/json' ? JSON.parse(text) : text };
  }
  return {
    request,
    async *watch(path) {
      const response = await fetch(`${base()}${path}`, { headers: { authorization: 'Bearer admin' } });
      let text = '';
      for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
        const lines = (text + chunk).split('\n');
        text = lines.pop() ?? '';
        for (const line of lines) yield JSON.parse(line);
      }
    },
    async namespace() {
      namespaces += 1;
      const name = `contract-${process.pid}-${Date.now()}-${namespaces}`;
      await request('POST', '/api/v1/namespaces', { body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name } } });
      return name;
    },
  };
}

export function configMap(name: string, data: Readonly<Record<string, string>>, metadata: object = {}) {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata }, data };
}
