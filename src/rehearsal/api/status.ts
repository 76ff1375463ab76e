import type { Kind } from './kinds.ts';

/** An answer other than success, with the Status body that goes with it. */
export class Refusal extends Error {
  readonly code: number;
  readonly body: object;

  constructor(code: number, reason: string | undefined, message: string, details?: object) {
    super(message);
    this.code = code;
    const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason };
    this.body = { ...status, ...(details === undefined ? {} : { details }), code };
  }
}

type Named = Pick<Kind, 'group' | 'resource'>;

/** "statefulsets.apps": how messages name a resource. */
export function qualified({ group, resource }: Named): string {
  return group === '' ? resource : `${resource}.${group}`;
}

export function detailsOf({ group, resource }: Named, name?: string): object {
  return { ...(name ? { name } : {}), ...(group === '' ? {} : { group }), kind: resource };
}

export function badRequest(message: string): Refusal {
  return new Refusal(400, 'BadRequest', message);
}

export function notFound(kind: Named, name: string): Refusal {
  return new Refusal(404, 'NotFound', `${qualified(kind)} "${name}" not found`, detailsOf(kind, name));
}

export function alreadyExists(kind: Kind, name: string): Refusal {
  return new Refusal(409, 'AlreadyExists', `${qualified(kind)} "${name}" already exists`, detailsOf(kind, name));
}

export function conflict(kind: Kind, name: string): Refusal {
  const why = 'the object has been modified; please apply your changes to the latest version and try again';
  return new Refusal(409, 'Conflict', `Operation cannot be fulfilled on ${qualified(kind)} "${name}": ${why}`, detailsOf(kind, name));
}

export function invalid(kind: Named, name: string, reason: string, field: string, message: string): Refusal {
  const details = { ...detailsOf(kind, name), causes: [{ reason, message, field }] };
  return new Refusal(422, 'Invalid', `${qualified(kind)} "${name}" is invalid: ${field}: ${message}`, details);
}

export function expired(message: string): Refusal {
  return new Refusal(410, 'Expired', message);
}

export function unavailable(message: string): Refusal {
  return new Refusal(503, 'ServiceUnavailable', message);
}

export function unsupported(): Refusal {
  const accepted = 'application/json, application/yaml';
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted}`;
  return new Refusal(415, 'UnsupportedMediaType', message, {});
}
