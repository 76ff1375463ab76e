import type { Manifest } from '#model/kubernetes.ts';
import type { Tree } from '../tree.ts';
import type { Kind } from './kinds.ts';
import { badRequest } from './status.ts';

export type Selects = (object: Manifest) => boolean;

const LABEL = String.raw`[\w./-]+`;
const VALUE = String.raw`[\w.-]*`;
const FORMS: readonly { readonly form: RegExp; holds(given: string | undefined, values: readonly string[]): boolean }[] = [
  { form: new RegExp(`^(${LABEL})$`), holds: (given) => given !== undefined },
  { form: new RegExp(`^!(${LABEL})$`), holds: (given) => given === undefined },
  { form: new RegExp(`^(${LABEL})==?(${VALUE})$`), holds: isAmong },
  { form: new RegExp(`^(${LABEL})!=(${VALUE})$`), holds: (given, values) => !isAmong(given, values) },
  { form: new RegExp(`^(${LABEL}) in \\(([^()]*)\\)$`), holds: isAmong },
  { form: new RegExp(`^(${LABEL}) notin \\(([^()]*)\\)$`), holds: (given, values) => !isAmong(given, values) },
];

/** The fields that a kind can be selected by, besides its name and its namespace. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  Pod: ['spec.nodeName', 'spec.restartPolicy', 'spec.serviceAccountName', 'status.phase', 'status.podIP'],
  Node: ['spec.unschedulable'],
  Namespace: ['status.phase'],
  Secret: ['type'],
  Service: ['spec.clusterIP', 'spec.type'],
  Event: [...['kind', 'namespace', 'name', 'uid', 'apiVersion', 'fieldPath'].map((field) => `involvedObject.${field}`), 'reason', 'type'],
};

/** What a query's labelSelector and fieldSelector choose. @throws Refusal 400 for selectors that there are not */
export function selection(kind: Kind, query: URLSearchParams): Selects {
  const byLabels = labelSelection(query.get('labelSelector') ?? '');
  const byFields = fieldSelection(kind, query.get('fieldSelector') ?? '');
  return (object) => byLabels(object) && byFields(object);
}

function labelSelection(selector: string): Selects {
  // A comma parts requirements, except between the values of one.
  const requirements = selector.split(/,(?![^()]*\))/).map((text) => text.trim());
  const wanted = requirements.filter(Boolean).map((text) => {
    const known = FORMS.find(({ form }) => form.test(text));
    if (known === undefined) throw badRequest(`unable to parse requirement: ${text}`);
    const [, label = '', values = ''] = known.form.exec(text) ?? [];
    return { label, values: values.split(',').map((value) => value.trim()), holds: known.holds };
  });
  return ({ metadata }) => wanted.every(({ label, values, holds }) => holds(metadata.labels?.[label], values));
}

function fieldSelection({ kind, builtIn }: Kind, selector: string): Selects {
  const fields = ['metadata.name', 'metadata.namespace', ...((builtIn && FIELDS[kind]) || [])];
  const wanted = selector
    .split(',')
    .filter(Boolean)
    .map((text) => {
      const [, field = '', operator, value = ''] = /^([^=!]+)(==?|!=)(.*)$/.exec(text) ?? [];
      if (operator === undefined) throw badRequest(`invalid field selector: '${text}'; can't understand '${text}'`);
      if (!fields.includes(field)) throw badRequest(`field label not supported: ${field}`);
      return { path: field.split('.'), value, isEqual: operator !== '!=' };
    });
  const valueAt = (object: Manifest, path: readonly string[]) => path.reduce((value: Tree, key) => value?.[key], object) ?? '';
  return (object) => wanted.every(({ path, value, isEqual }) => (String(valueAt(object, path)) === value) === isEqual);
}

function isAmong(given: string | undefined, values: readonly string[]): boolean {
  return given !== undefined && values.includes(given);
}
