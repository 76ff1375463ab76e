import type { ServiceRequest, ServiceResponse } from '../world.ts';

export function json(body: unknown, status = 200, contentType = 'application/json'): ServiceResponse {
  return { status, contentType, body: JSON.stringify(body) };
}

export function text(status: number, body: string): ServiceResponse {
  return { status, contentType: 'text/plain; charset=utf-8', body };
}

/** What Go's router answers for a path that it does not know. */
export function pageNotFound(): ServiceResponse {
  return text(404, '404 page not found\n');
}

/** What one process asks of another; the path is in the URL that it is sent to. */
export function request(method: string, rest: { query?: Record<string, string>; body?: unknown } = {}): Omit<ServiceRequest, 'path'> {
  const body = Buffer.from(rest.body === undefined ? '' : JSON.stringify(rest.body));
  return { method, query: new URLSearchParams(rest.query), headers: {}, body };
}
