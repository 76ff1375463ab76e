import { isDeepStrictEqual } from 'node:util';
import { Document, isMap, isNode, isScalar, isSeq, parseAllDocuments, stringify, type YAMLSeq } from 'yaml';
import type { Edit } from '#model/change.ts';
import { UserError } from '#model/errors.ts';

/**
 * A user's YAML with some values changed; comments, order and formatting stay. A text that already is like that comes back as it was.
 * @param original the file as it was before this program changed it: where values are restored from
 * @throws UserError when the text is no YAML or has no place for a value
 */
export function editYaml(file: string, text: string, edits: readonly Edit[], original = ''): string {
  let edited = text;
  for (const edit of edits) edited = applyEdit(file, edited, edit, original);
  return edited;
}

function applyEdit(file: string, text: string, edit: Edit, original: string): string {
  const documents = parse(file, text);
  const document = choose(documents, edit.at);
  const where = edit.at.join('.');
  try {
    if (edit.remove !== undefined) return removeItem(documents, document, text, edit);
    if (edit.restore !== undefined) return restoreValue(file, text, edit, original);
    if (edit.add !== undefined) {
      const list: unknown = document.getIn(edit.at);
      if (isSeq(list)) return addItem(documents, document, text, list, edit);
      if (list !== undefined && list !== null) throw new Error('there is a value that is no list');
      document.setIn(edit.at, document.createNode([edit.add]));
      return print(documents, text);
    }
    const node: unknown = document.getIn(edit.at, true);
    if (isDeepStrictEqual(valueAt(document, edit.at), edit.set)) return text;
    const replaced = isScalar(node) ? replaceScalar(text, node, edit.set) : undefined;
    if (replaced !== undefined && holds(replaced, documents.indexOf(document), edit.at, edit.set)) return replaced;
    document.setIn(edit.at, document.createNode(edit.set));
    return print(documents, text);
  } catch (error) {
    throw new UserError(
      `${file}: "${where}" can't be set: ${(error as Error).message}`,
      `change ${where} in ${file} by hand, commit and push, then run again`,
    );
  }
}

function addItem(documents: readonly Document[], document: Document, text: string, list: YAMLSeq, { at, add = '' }: Edit): string {
  const items: readonly unknown[] = list.toJS(document);
  if (items.includes(add)) return text;
  const inserted = insertItem(text, list, add);
  if (inserted !== undefined && holds(inserted, documents.indexOf(document), at, [...items, add])) return inserted;
  list.add(document.createNode(add));
  return print(documents, text);
}

function removeItem(documents: readonly Document[], document: Document, text: string, { at, remove }: Edit): string {
  const list: unknown = document.getIn(at);
  const index = isSeq(list) ? (list.toJS(document) as readonly unknown[]).indexOf(remove) : -1;
  if (index === -1) return text;
  document.deleteIn([...at, index]);
  return print(documents, text);
}

/** Whatever else stands there by now is somebody's own. Keys that have become empty go, too, unless they were there before. */
function restoreValue(file: string, text: string, { at, restore }: Edit, original: string): string {
  const documents = parse(file, text);
  const document = choose(documents, at);
  if (!isDeepStrictEqual(valueAt(document, at), restore)) return text;
  const before = choose(parse(file, original), at);
  if (before.hasIn(at)) return applyEdit(file, text, { file, at, set: valueAt(before, at) }, original);
  document.deleteIn(at);
  for (let depth = at.length - 1; depth > 0; depth -= 1) {
    const parent: unknown = document.getIn(at.slice(0, depth));
    if (!isMap(parent) || parent.items.length > 0 || before.hasIn(at.slice(0, depth))) break;
    document.deleteIn(at.slice(0, depth));
  }
  return print(documents, text);
}

function valueAt(document: Document, at: Edit['at']): unknown {
  const node: unknown = document.getIn(at, true);
  return isNode(node) ? node.toJS(document) : node;
}

/** Whether an edit of the text did what it was to do: in unusual YAML (flow lists, anchors) it may not. */
function holds(text: string, index: number, at: Edit['at'], value: unknown): boolean {
  const document = parseAllDocuments(text)[index] as Document | undefined;
  if (document === undefined || document.errors.length > 0) return false;
  return isDeepStrictEqual(valueAt(document, at), value);
}

function parse(file: string, text: string): Document[] {
  const documents = [...parseAllDocuments(text)] as Document[];
  const problem = documents.flatMap((document) => document.errors)[0];
  if (problem !== undefined)
    throw new UserError(`${file} is no YAML: ${problem.message}`, `correct ${file}, commit and push, then run again`);
  return documents.length > 0 ? documents : [new Document({})];
}

/** Of several documents in a file the one that has most of the way to the value. */
function choose(documents: readonly Document[], at: Edit['at']): Document {
  const depth = (document: Document): number => at.findIndex((_, index) => !document.hasIn(at.slice(0, index + 1)));
  const depths = documents.map((document) => (depth(document) === -1 ? at.length : depth(document)));
  return documents[depths.indexOf(Math.max(...depths))] as Document;
}

/** Only the value's own characters change. Undefined: it is not a plain one-line value, so the document is printed anew. */
function replaceScalar(text: string, node: { range?: readonly number[] | null }, value: unknown): string | undefined {
  const [from, to] = node.range ?? [];
  if (from === undefined || to === undefined || from === to || !isPlain(value) || text.slice(from, to).includes('\n')) return undefined;
  return text.slice(0, from) + printScalar(value) + text.slice(to);
}

/** A new last line of a block list, indented like the item before it. */
function insertItem(text: string, list: { flow?: boolean; items: readonly unknown[] }, item: string): string | undefined {
  const last = list.items.at(-1);
  const range = isScalar(last) ? last.range : undefined;
  if (list.flow || range === null || range === undefined) return undefined;
  const lineStart = text.lastIndexOf('\n', range[0] - 1) + 1;
  const indent = /^\s*- +/.exec(text.slice(lineStart, range[0]))?.[0];
  if (indent === undefined || text.slice(range[0], range[1]).includes('\n')) return undefined;
  const lineEnd = text.indexOf('\n', range[1]);
  const end = lineEnd === -1 ? text.length : lineEnd;
  return `${text.slice(0, end)}\n${indent}${printScalar(item)}${text.slice(end)}`;
}

function isPlain(value: unknown): boolean {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}

/** Go's readers of YAML take `yes` and `on` for booleans: such texts are quoted. */
function printScalar(value: unknown): string {
  return stringify(value, { lineWidth: 0, compat: 'yaml-1.1' }).trimEnd();
}

/** Printed in whichever of the two common list indentations gives the untouched text back, so that only the change shows. */
function print(documents: readonly Document[], text: string): string {
  const styles = [
    { lineWidth: 0, indentSeq: true },
    { lineWidth: 0, indentSeq: false },
  ] as const;
  const untouched = [...parseAllDocuments(text)] as Document[];
  const style = styles.find((candidate) => join(untouched, candidate) === text) ?? styles[0];
  return join(documents, style);
}

function join(documents: readonly Document[], style: { lineWidth: number; indentSeq: boolean }): string {
  return documents
    .map((document, index) => (index > 0 && !document.directives?.docStart ? '---\n' : '') + document.toString(style))
    .join('');
}
