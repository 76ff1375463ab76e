import type { ErrorObject } from 'ajv';
import { UserError } from '#model/errors.ts';
import { type Document, lineOf, type Path, placeOf, pointerOf } from './document.ts';
import { expected, known, validate } from './validator.generated.js';

/**
 * Holds the document against goals/goals.schema.json.
 * @throws UserError (exit 2) about the first violation in the file, saying how many more there are
 */
export function validateDocument(document: Document): void {
  if (validate(document.value)) return;
  const errors = (validate.errors ?? []).map((error) => ({ error, path: pathOf(error) }));
  const [first] = errors.toSorted((a, b) => lineOf(document, a.path) - lineOf(document, b.path));
  if (first === undefined) throw new Error('the validator refused without saying why');
  const pointer = pointerOf(first.path);
  const more = errors.length - 1;
  const { problem, remedy } = explain(first.error, valueAt(document.value, first.path));
  const subject = pointer === '' ? 'the file' : pointer;
  throw new UserError(`${placeOf(document, first.path)}: ${subject} ${problem}${more === 0 ? '' : ` (and ${more} more)`}`, remedy);
}

function explain(error: ErrorObject, value: unknown): { problem: string; remedy: string } {
  const { params, keyword, instancePath } = error;
  switch (keyword) {
    case 'type':
      return typeProblem(instancePath, [params.type].flat() as string[], value);
    case 'required':
      return {
        problem: `lacks "${params.missingProperty}"`,
        remedy: /\/evidence(\/|$)/.test(instancePath)
          ? 'The program writes "evidence" itself: if it is yours, call it something else, if it was edited, remove it.'
          : `Add "${params.missingProperty}"; goals/goals.json of this package shows how.`,
      };
    case 'additionalProperties':
      return unknownKey(instancePath, String(params.additionalProperty));
    case 'enum':
      return { problem: `is ${shown(value)}`, remedy: `Use one of: ${(params.allowedValues as string[]).join(', ')}.` };
    case 'pattern':
      return { problem: `is ${shown(value)}`, remedy: `Write ${expected[String(params.pattern)]}.` };
    case 'minItems':
    case 'minLength':
      return { problem: 'is empty', remedy: 'Fill it in.' };
    case 'minimum':
      return { problem: `is ${shown(value)}, below ${params.limit}`, remedy: `Use ${params.limit} or more.` };
    default:
      return { problem: `is larger than the limit of ${params.limit}`, remedy: `Keep it to ${params.limit}.` };
  }
}

function typeProblem(instancePath: string, types: readonly string[], value: unknown): { problem: string; remedy: string } {
  const wanted = types.map(article).join(' or ');
  const remedy = instancePath === '' ? 'A goals file is one JSON object with "phases".' : `Write ${wanted} there.`;
  return { problem: `is ${article(typeName(value))}, not ${wanted}`, remedy };
}

function unknownKey(instancePath: string, name: string): { problem: string; remedy: string } {
  const names = known[instancePath] ?? [];
  const near = names.find((candidate) => isNear(candidate, name));
  const list = names.length === 0 ? 'It takes no settings.' : `Known here: ${names.join(', ')}.`;
  return { problem: 'is not a setting that exists', remedy: near === undefined ? list : `Did you mean "${near}"? ${list}` };
}

/** Whether one name becomes the other by at most two letters more, fewer or swapped, case aside. */
function isNear(a: string, b: string): boolean {
  return distance(a.toLowerCase().replaceAll(/[^a-z]/g, ''), b.toLowerCase().replaceAll(/[^a-z]/g, '')) <= 2;
}

/** Levenshtein's: the schema's own names are short. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

function pathOf(error: ErrorObject): Path {
  const steps = error.instancePath
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  const path = steps.map((step) => (/^\d+$/.test(step) ? Number(step) : step));
  return error.keyword === 'additionalProperties' ? [...path, String(error.params.additionalProperty)] : path;
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((inner, step) => (inner as Record<string | number, unknown> | undefined)?.[step], value);
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

function article(type: string): string {
  if (type === 'null') return 'null';
  const word = { string: 'text', boolean: 'true or false', array: 'list', integer: 'whole number' }[type] ?? type;
  return type === 'boolean' || type === 'string' ? word : `${/^[aeiou]/.test(word) ? 'an' : 'a'} ${word}`;
}

/** An address may carry a password: it stays out of messages. */
function shown(value: unknown): string {
  const text = (JSON.stringify(value) ?? 'nothing').replace(/\/\/[^/\s]*@/, '//***@');
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
