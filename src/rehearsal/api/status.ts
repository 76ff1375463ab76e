import type { Kind } from './kinds.ts';

/** An answer other than success, with the Status body that goes with it. */
export class Refusal extends Error {
  readonly code: number;
  readonly body: Readonly<Record<string, unknown>>;

  constructor(code: number, reason: string | undefined, message: string, details?: object) {
    super(message);
    this.code = code;
    this.body = {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      ...(reason === undefined ? {} : { reason }),
      ...(details === undefined ? {} : { details }),
      code,
    };
  }
}

/** "statefulsets.apps": how messages name a resource. */
export function qualified({ group, resource }: Pick<Kind, 'group' | 'resource'>): string {
  return group === '' ? resource : `${resource}.${group}`;
}

export function detailsOf({ group, resource }: Pick<Kind, 'group' | 'resource'>, name?: string): object {
  return { ...(name ? { name } : {}), ...(group === '' ? {} : { group }), kind: resource };
}

export function badRequest(message: string): Refusal {
  return new Refusal(400, 'BadRequest', message);
}

export function unauthorized(): Refusal {
  return new Refusal(401, 'Unauthorized', 'Unauthorized');
}

export function notFound(kind: Pick<Kind, 'group' | 'resource'>, name: string): Refusal {
  return new Refusal(404, 'NotFound', `${qualified(kind)} "${name}" not found`, detailsOf(kind, name));
}

/** A resource that a served group does not have. */
export function unknownResource(): Refusal {
  return new Refusal(404, 'NotFound', 'the server could not find the requested resource', {});
}

export function methodNotAllowed(): Refusal {
  return new Refusal(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {});
}

export function alreadyExists(kind: Kind, name: string): Refusal {
  return new Refusal(409, 'AlreadyExists', `${qualified(kind)} "${name}" already exists`, detailsOf(kind, name));
}

export function conflict(kind: Kind, name: string, why: string): Refusal {
  return new Refusal(409, 'Conflict', `Operation cannot be fulfilled on ${qualified(kind)} "${name}": ${why}`, detailsOf(kind, name));
}

export function expired(message: string): Refusal {
  return new Refusal(410, 'Expired', message);
}

export function invalid(kind: Kind, name: string, field: string, reason: string, message: string): Refusal {
  const type = kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`;
  return new Refusal(422, 'Invalid', `${type} "${name}" is invalid: ${field}: ${message}`, {
    ...detailsOf({ group: kind.group, resource: kind.kind }, name),
    causes: [{ reason, message, field }],
  });
}

export function unsupportedMediaType(): Refusal {
  return new Refusal(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {});
}

export function unavailable(message: string): Refusal {
  return new Refusal(503, 'ServiceUnavailable', message);
}
