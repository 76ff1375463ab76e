export interface Reply {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: whatever JSON the server sent, for assertions only
  readonly body: any;
}

export interface Requests {
  /** The answer as it comes. */
  send(method: string, path: string, options?: Options): Promise<Response>;
  request(method: string, path: string, options?: Options): Promise<Reply>;
}

interface Options {
  readonly body?: unknown;
  readonly type?: string;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export const merge = (body: unknown): Options => ({ body, type: 'application/merge-patch+json' });
export const apply = (body: unknown): Options => ({ body, type: 'application/apply-patch+yaml' });

export function requestsTo(base: () => string): Requests {
  function send(
    method: string,
    path: string,
    { body, type = 'application/json', token = 'admin', headers }: Options = {},
  ): Promise<Response> {
    const sent = typeof body === 'string' || body === undefined ? body : JSON.stringify(body);
    return fetch(`${base()}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(sent === undefined ? {} : { 'content-type': type }), ...headers },
      ...(sent === undefined ? {} : { body: sent }),
    });
  }
  return {
    send,
    async request(method, path, options) {
      const response = await send(method, path, options);
      const text = await response.text();
      return { status: response.status, body: response.headers.get('content-type') === 'application/json' ? JSON.parse(text) : text };
    },
  };
}

export function configMap(name: string, data: Readonly<Record<string, string>>, metadata: object = {}) {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata }, data };
}
