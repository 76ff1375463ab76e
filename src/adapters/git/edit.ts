import { isDeepStrictEqual } from 'node:util';
import type { Document, YAMLSeq } from 'yaml';
import type { Edit } from '#model/change.ts';
import { UserError } from '#model/errors.ts';

type Yaml = typeof import('yaml');

/**
 * A user's YAML with some values changed; comments, order and formatting stay. A text that already is like that comes back as it was.
 * @throws UserError when the text is no YAML or has no place for a value
 */
export async function editYaml(file: string, text: string, edits: readonly Edit[]): Promise<string> {
  const yaml = await import('yaml');
  let edited = text;
  for (const edit of edits) edited = applyEdit(yaml, file, edited, edit);
  return edited;
}

function applyEdit(yaml: Yaml, file: string, text: string, edit: Edit): string {
  const documents = parse(yaml, file, text);
  const document = choose(documents, edit.at);
  const where = edit.at.join('.');
  try {
    if (edit.add !== undefined) {
      const list: unknown = document.getIn(edit.at);
      if (yaml.isSeq(list)) return addItem(yaml, documents, document, text, list, edit.add);
      if (list !== undefined && list !== null) throw new Error('there is a value that is no list');
      document.setIn(edit.at, document.createNode([edit.add]));
      return print(yaml, documents, text);
    }
    const node: unknown = document.getIn(edit.at, true);
    const current: unknown = yaml.isNode(node) ? node.toJS(document) : node;
    if (isDeepStrictEqual(current, edit.set)) return text;
    const replaced = yaml.isScalar(node) ? replaceScalar(yaml, text, node, edit.set) : undefined;
    if (replaced !== undefined) return replaced;
    document.setIn(edit.at, document.createNode(edit.set));
    return print(yaml, documents, text);
  } catch (error) {
    throw new UserError(
      `${file}: "${where}" can't be set: ${(error as Error).message}`,
      `change ${where} in ${file} by hand, commit and push, then run again`,
    );
  }
}

function addItem(yaml: Yaml, documents: readonly Document[], document: Document, text: string, list: YAMLSeq, item: string): string {
  if (list.toJS(document).includes(item)) return text;
  const inserted = insertItem(yaml, text, list, item);
  if (inserted !== undefined) return inserted;
  list.add(document.createNode(item));
  return print(yaml, documents, text);
}

function parse(yaml: Yaml, file: string, text: string): Document[] {
  const documents = [...yaml.parseAllDocuments(text)] as Document[];
  const problem = documents.flatMap((document) => document.errors)[0];
  if (problem !== undefined)
    throw new UserError(`${file} is no YAML: ${problem.message}`, `correct ${file}, commit and push, then run again`);
  return documents.length > 0 ? documents : [new yaml.Document({})];
}

/** Of several documents in a file the one that has most of the way to the value. */
function choose(documents: readonly Document[], at: Edit['at']): Document {
  const depth = (document: Document): number => at.findIndex((_, index) => !document.hasIn(at.slice(0, index + 1)));
  const depths = documents.map((document) => (depth(document) === -1 ? at.length : depth(document)));
  return documents[depths.indexOf(Math.max(...depths))] as Document;
}

/** Only the value's own characters change. Undefined: it is not a plain one-line value, so the document is printed anew. */
function replaceScalar(yaml: Yaml, text: string, node: { range?: readonly number[] | null }, value: unknown): string | undefined {
  const [from, to] = node.range ?? [];
  if (from === undefined || to === undefined || from === to || !isScalar(value) || text.slice(from, to).includes('\n')) return undefined;
  return text.slice(0, from) + printScalar(yaml, value) + text.slice(to);
}

/** A new last line of a block list, indented like the item before it. */
function insertItem(yaml: Yaml, text: string, list: { flow?: boolean; items: readonly unknown[] }, item: string): string | undefined {
  const last = list.items.at(-1);
  const range = yaml.isScalar(last) ? last.range : undefined;
  if (list.flow || range === null || range === undefined) return undefined;
  const lineStart = text.lastIndexOf('\n', range[0] - 1) + 1;
  const indent = /^\s*- +/.exec(text.slice(lineStart, range[0]))?.[0];
  if (indent === undefined || text.slice(range[0], range[1]).includes('\n')) return undefined;
  const lineEnd = text.indexOf('\n', range[1]);
  const end = lineEnd === -1 ? text.length : lineEnd;
  return `${text.slice(0, end)}\n${indent}${printScalar(yaml, item)}${text.slice(end)}`;
}

function isScalar(value: unknown): boolean {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}

function printScalar(yaml: Yaml, value: unknown): string {
  return yaml.stringify(value, { lineWidth: 0, defaultStringType: 'PLAIN' }).trimEnd();
}

/** Printed in whichever of the two common list indentations gives the untouched text back, so that only the change shows. */
function print(yaml: Yaml, documents: readonly Document[], text: string): string {
  const styles = [
    { lineWidth: 0, indentSeq: true },
    { lineWidth: 0, indentSeq: false },
  ] as const;
  const untouched = [...yaml.parseAllDocuments(text)] as Document[];
  const style = styles.find((candidate) => join(untouched, candidate) === text) ?? styles[0];
  return join(documents, style);
}

function join(documents: readonly Document[], style: { lineWidth: number; indentSeq: boolean }): string {
  return documents
    .map((document, index) => (index > 0 && !document.directives?.docStart ? '---\n' : '') + document.toString(style))
    .join('');
}
