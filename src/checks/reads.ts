import * as v from 'valibot';
import { endpointName, permissionsOnBucket } from '#model/bucket.ts';
import { Unreadable } from '#model/errors.ts';
import {
  nameOf,
  type ObjectRef,
  type Permission,
  permissionOn,
  permissionToProxy,
  type Scope,
  type ServiceRef,
  scopeOf,
  serviceName,
} from '#model/kubernetes.ts';
import {
  answerOf,
  type BucketRef,
  type CheckoutAnswer,
  type FilesAnswer,
  type HttpAnswer,
  type Read,
  type RemoteAnswer,
  type S3Answer,
  type S3Request,
  type SecretKeys,
} from '#model/read.ts';

type Schema = v.GenericSchema;

/** One object; undefined when it is not there. Watched while waiting. */
export function readObject<S extends Schema>(ref: ObjectRef, schema: S): Read<v.InferOutput<S> | undefined> {
  const scope = scopeOf(ref);
  return {
    subject: nameOf(ref),
    request: { of: 'object', ref },
    permissions: [permissionOn(scope, 'get', ref.name)],
    wakes: scope,
    decode: (answer) => {
      const { object } = answerOf(answer, 'object');
      return object === undefined ? undefined : parse(schema, object, nameOf(ref));
    },
  };
}

/** All objects of a scope; undefined when the API server does not serve the resource (its CRD is not installed). */
export function readList<S extends Schema>(scope: Scope, schema: S, selector?: string): Read<v.InferOutput<S>[] | undefined> {
  return { ...readFields(scope, schema, undefined, selector), wakes: scope };
}

/** The same with only those fields of each ("spec.containers.name"), for lists that may be long: so long that they are not watched, either. */
export function readFields<S extends Schema>(
  scope: Scope,
  schema: S,
  fields: readonly string[] | undefined,
  selector?: string,
): Read<v.InferOutput<S>[] | undefined> {
  const subject = `${scope.resource} ${scope.namespace === undefined ? 'in all namespaces' : `in ${scope.namespace}`}`;
  return {
    subject,
    request: { of: 'list', scope, ...(selector === undefined ? {} : { selector }), ...(fields === undefined ? {} : { fields }) },
    permissions: [permissionOn(scope, 'list')],
    decode: (answer) => {
      const { served, items } = answerOf(answer, 'list');
      return served ? items.map((item) => parse(schema, item, subject)) : undefined;
    },
  };
}

/**
 * The last lines of a container; undefined when it is gone or has not started.
 * @param since seconds back from now; undefined: all that is kept
 * @param previous whether of the container that ran before the last restart
 */
export function readLogs(
  place: { readonly namespace: string; readonly pod: string; readonly container: string },
  since: number | undefined,
  tail: number,
  previous = false,
): Read<readonly string[] | undefined> {
  const { namespace, pod, container } = place;
  return {
    subject: `log of ${namespace}/${pod}, container ${container}`,
    request: {
      of: 'logs',
      namespace,
      pod,
      container,
      tail,
      ...(since === undefined ? {} : { since }),
      ...(previous ? { previous } : {}),
    },
    permissions: [{ verb: 'get', group: '', resource: 'pods/log', namespace, name: pod }],
    decode: (answer) => answerOf(answer, 'logs').lines,
  };
}

/** The keys of a Secret and the values that are no secrets; undefined when it is not there. */
export function readSecret(
  namespace: string,
  name: string,
  reveal: readonly string[],
): Read<{ keys: readonly string[]; revealed: Readonly<Record<string, string>> } | undefined> {
  return {
    subject: `Secret ${namespace}/${name}`,
    request: { of: 'secret', namespace, name, reveal },
    permissions: [{ verb: 'get', group: '', resource: 'secrets', namespace, name }],
    decode: (answer) => {
      const { keys, revealed } = answerOf(answer, 'secret');
      return keys === undefined ? undefined : { keys, revealed };
    },
  };
}

/** What a service inside the cluster answered. Only the status says whether `text` is what was asked for. */
export interface Http {
  readonly status: number;
  readonly text: string;
  /** Milliseconds of each time that it was asked. */
  readonly took: readonly number[];
  /** Who answered; absent: the API server itself. */
  readonly service?: ServiceRef;
}

export interface HttpOptions {
  /** HEAD: only the status is wanted. */
  readonly method?: 'HEAD';
  readonly query?: Readonly<Record<string, string>>;
  readonly login?: SecretKeys;
  /** Asked so often, to time it. */
  readonly times?: number;
}

export function readHttp(service: ServiceRef, path: string, options: HttpOptions = {}): Read<Http> {
  return {
    subject: `${serviceName(service)}${path}`,
    request: { of: 'http', service, path, ...options },
    permissions: [permissionToProxy(service, 'get'), ...loginTo(service, options.login)],
    decode: (answer) => {
      const http = answerOf(answer, 'http');
      // Prometheus' text format ends its last line, too: what does not was cut off.
      if (/^text\/plain; *version=/.test(http.contentType) && !http.body.endsWith('\n'))
        throw new Unreadable(`${serviceName(service)}${path} breaks off in the middle of a line`);
      return { ...toHttp(http), service };
    },
  };
}

/** A 200 answer's JSON in the shape of the schema, or the status and text of any other. */
export type Json<T> =
  | { readonly status: 200; readonly value: T; readonly took: readonly number[] }
  | (Http & { readonly value?: undefined });

export function readJson<S extends Schema>(
  service: ServiceRef,
  path: string,
  schema: S,
  options: HttpOptions = {},
): Read<Json<v.InferOutput<S>>> {
  const read = readHttp(service, path, options);
  return {
    ...read,
    decode: (answer) => {
      const http = read.decode(answer);
      if (http.status !== 200) return http;
      return { status: 200, value: parse(schema, parseJson(http.text, read.subject), read.subject), took: http.took };
    },
  };
}

/** The API server itself. */
export function readApi(path: string): Read<Http & { readonly date: Date | undefined }> {
  return {
    subject: `the API server's ${path}`,
    request: { of: 'api', path },
    permissions: [],
    decode: (answer) => {
      const http = answerOf(answer, 'http');
      const date = new Date(http.date ?? Number.NaN);
      return { ...toHttp(http), date: Number.isNaN(date.getTime()) ? undefined : date };
    },
  };
}

export function readBucket(
  bucket: BucketRef,
  operation: S3Request['operation'],
  rest: Pick<S3Request, 'key' | 'wrongSecret' | 'unsigned' | 'count'> = {},
): Read<S3Answer> {
  return {
    subject: `bucket ${bucket.name} at ${endpointName(bucket)}`,
    request: { of: 's3', bucket, operation, ...rest },
    permissions: rest.unsigned ? [] : permissionsOnBucket(bucket, ['get']),
    decode: (answer) => {
      const s3 = answerOf(answer, 's3');
      const odd = s3.objects?.find(({ size, modified }) => !Number.isFinite(size) || Number.isNaN(Date.parse(modified)));
      if (odd === undefined) return s3;
      throw new Unreadable(`bucket ${bucket.name}: ${odd.key} has size ${odd.size} and was modified "${odd.modified}"`);
    },
  };
}

/** The branch at the remote; `readRemote` also says whether it would take a push. */
export function readTip(): Read<RemoteAnswer> {
  return {
    subject: 'the Git remote',
    request: { of: 'git', look: 'tip' },
    permissions: [],
    decode: (answer) => answerOf(answer, 'remote'),
  };
}

export function readRemote(): Read<RemoteAnswer> {
  return {
    subject: 'the Git remote',
    request: { of: 'git', look: 'remote' },
    permissions: [],
    decode: (answer) => answerOf(answer, 'remote'),
  };
}

export function readCheckout(): Read<CheckoutAnswer> {
  return {
    subject: 'the Git checkout',
    request: { of: 'git', look: 'checkout' },
    permissions: [],
    decode: (answer) => answerOf(answer, 'checkout'),
  };
}

export function readFiles(paths: readonly string[], endings?: readonly string[]): Read<FilesAnswer> {
  return {
    subject: `${paths.join(', ')} at the remote's tip`,
    request: { of: 'git', look: 'files', paths, ...(endings === undefined ? {} : { endings }) },
    permissions: [],
    decode: (answer) => answerOf(answer, 'files'),
  };
}

/** @throws Unreadable naming the subject and the first field that is not as expected */
export function parse<S extends Schema>(schema: S, value: unknown, subject: string): v.InferOutput<S> {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new Unreadable(`${subject}: ${v.getDotPath(issue) ?? 'the whole answer'}: ${issue.message}`);
}

export function parseJson(text: string, subject: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Unreadable(`${subject}: not JSON: ${text.slice(0, 80)}`);
  }
}

function toHttp({ status, body, took }: HttpAnswer): Http {
  return { status, text: body, took };
}

function loginTo(service: ServiceRef, login: SecretKeys | undefined): Permission[] {
  if (login === undefined) return [];
  return [
    { verb: 'get', group: '', resource: 'secrets', namespace: login.namespace, name: login.name },
    permissionToProxy(service, 'create'),
  ];
}
