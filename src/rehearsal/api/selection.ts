import type { Manifest } from '#model/kubernetes.ts';
import { badRequest } from './status.ts';

export type Selects = (object: Manifest) => boolean;

/**
 * What labelSelector and fieldSelector of a query choose.
 * @throws Refusal 400 for a selector that the API server does not understand
 */
export function selection(query: URLSearchParams): Selects {
  const requirements = [
    ...split(query.get('labelSelector')).map(labelRequirement),
    ...(query.get('fieldSelector') ?? '').split(',').filter(Boolean).map(fieldRequirement),
  ];
  return (object) => requirements.every((holds) => holds(object));
}

function labelRequirement(text: string): Selects {
  const set = /^([\w./-]+)\s+(in|notin)\s+\(([^)]*)\)$/.exec(text);
  if (set !== null) {
    const [, key = '', operator, list = ''] = set;
    const values = list.split(',').map((value) => value.trim());
    return ({ metadata }) => values.includes(metadata.labels?.[key] ?? '\0') === (operator === 'in');
  }
  const match = /^(!?)([\w./-]+)\s*(?:(!?=)=?\s*([\w.-]*))?$/.exec(text);
  if (match === null) throw badRequest(`unable to parse requirement: ${text}`);
  const [, not, key = '', operator, value] = match;
  if (operator === undefined) return ({ metadata }) => (metadata.labels?.[key] === undefined) === (not === '!');
  return ({ metadata }) => (metadata.labels?.[key] === value) === (operator === '=');
}

function fieldRequirement(text: string): Selects {
  const [, field, value] = /^([^=!]+)==?(.*)$/.exec(text) ?? [];
  if (field === 'metadata.name') return ({ metadata }) => metadata.name === value;
  if (field === 'metadata.namespace') return ({ metadata }) => metadata.namespace === value;
  throw badRequest(`"${field ?? text}" is not a known field selector: only "metadata.name", "metadata.namespace"`);
}

/** Splits at commas outside of parentheses. */
function split(selector: string | null): readonly string[] {
  return (selector ?? '')
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter(Boolean);
}
