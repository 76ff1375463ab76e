import { isDeepStrictEqual } from 'node:util';
import { parse, parseDocument } from 'yaml';
import type { Manifest } from '#model/kubernetes.ts';
import { specOf } from '../tree.ts';
import type { Kind } from './kinds.ts';
import { badRequest, invalid, Refusal } from './status.ts';

const NAME = '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*';
const NO_NAME = `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${NAME}')`;
const CHANGEABLE = `'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds'`;
const FORBIDDEN = `Forbidden: updates to statefulset spec for fields other than ${CHANGEABLE} are forbidden`;
const NO_VERSION = 'Invalid value: 0: must be specified for an update';
const COMMON = ['apiVersion', 'kind', 'metadata', 'spec', 'status'];
/** What else the kinds have that clients apply; what lies deeper is not checked. */
const OWN: Readonly<Record<string, readonly string[]>> = { ConfigMap: ['data', 'binaryData', 'immutable'], Pod: [], ObjectBucketClaim: [] };

/** The object of a server-side apply. @throws Refusal 400 for a key that is there twice, 500 for a field that the kind does not have */
export function parseApplied(body: string, strict: boolean): Manifest {
  const [error] = parseDocument(body).errors;
  if (strict && error?.code === 'DUPLICATE_KEY') {
    const where = `line ${error.linePos?.[0].line}: key "${/[\w./-]+/.exec(body.slice(error.pos[0]))}" already set in map`;
    throw badRequest(`error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n  ${where}`);
  }
  const object: Manifest = parse(body, { uniqueKeys: false });
  const { apiVersion, kind, metadata } = object;
  const unknown = Object.keys(object).find((field) => !COMMON.includes(field) && OWN[kind]?.includes(field) === false);
  if (unknown === undefined) return object;
  const what = `${metadata.namespace ?? ''}/${metadata.name}; ${apiVersion.includes('/') ? '' : '/'}${apiVersion}, Kind=${kind}`;
  throw new Refusal(500, undefined, `failed to create typed patch object (${what}): .${unknown}: field not declared in schema`);
}

/** @throws Refusal 422 for what can't be a name, a Lease without the version it replaces, a change of what can't be changed */
export function validate(
  { group, resource, kind }: Pick<Kind, 'group' | 'resource' | 'kind'>,
  object: Manifest,
  live: Manifest | undefined,
): void {
  const { name, resourceVersion } = object.metadata;
  const named = { group, resource: kind };
  if (live === undefined && group !== 'rbac.authorization.k8s.io' && !new RegExp(`^${NAME}$`).test(name))
    throw invalid(named, name, 'FieldValueInvalid', 'metadata.name', `Invalid value: "${name}": ${NO_NAME}`);
  if (live !== undefined && kind === 'Lease' && resourceVersion === undefined)
    throw invalid({ group, resource }, name, 'FieldValueInvalid', 'metadata.resourceVersion', NO_VERSION);
  if (live !== undefined && kind === 'StatefulSet' && !isDeepStrictEqual(fixedFields(live), fixedFields(object)))
    throw invalid(named, name, 'FieldValueForbidden', 'spec', FORBIDDEN);
}

function fixedFields(object: Manifest): object {
  return Object.fromEntries(Object.entries(specOf(object)).filter(([field]) => !CHANGEABLE.includes(`'${field}'`)));
}
