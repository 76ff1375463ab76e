import { findNodeAtLocation, type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import { UserError } from '#model/errors.ts';

export type Path = readonly (string | number)[];

/** A JSON text with its syntax tree, so that every message can name the line. */
export interface Document {
  readonly file: string;
  readonly text: string;
  readonly root: Node;
  readonly value: unknown;
  /** Offset of each line's first character. */
  readonly lines: readonly number[];
}

/** Real files are some five levels deep; the bound keeps recursive code (the parser's too) off the stack's end. */
const MAX_DEPTH = 64;
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * Parses strict JSON. Comments are refused: goals files are also read by jq, editors and other people's scripts, and a comment could
 * not follow its section when `goals migrate` moves it. Unknown fields serve instead, and are kept.
 * @throws UserError (exit 2) naming file, line and column
 */
export function parseDocument(text: string, file: string): Document {
  if (text.trim() === '' || text.trim() === '\uFEFF')
    throw new UserError(`${file} is empty`, 'Restore it from Git, or start from the goals.json that comes with anton-logging.');
  refuseUndecodable(text, file);
  refuseDepth(text, file);
  const errors: ParseError[] = [];
  const root = parseTree(withoutMark(text), errors, { disallowComments: true });
  const first = errors.toSorted((a, b) => a.offset - b.offset)[0];
  if (first !== undefined) throw syntaxError(text, file, first, errors.length - 1);
  if (root === undefined) throw new UserError(`${file} holds no JSON value`, 'Write one JSON object into it.');
  refuseKeys(root, text, file);
  return { file, text, root, value: JSON.parse(withoutMark(text)), lines: lineStarts(text) };
}

/** "file:line:column", 1-based, of what the pointer names, or of its nearest parent that is there. */
export function placeOf(document: Document, path: Path): string {
  const { offset } = nodeAt(document, path);
  const line = lineAt(document, offset);
  return `${document.file}:${line}:${offset - (document.lines[line - 1] ?? 0) + 1}`;
}

/** 1-based line of what the path names, or of its nearest parent that is there. */
export function lineOf(document: Document, path: Path): number {
  return lineAt(document, nodeAt(document, path).offset);
}

/** What stands in the file for a value: `2.10` where the value is the number 2.1. */
export function sourceOf(document: Document, path: Path): string {
  const { offset, length } = nodeAt(document, path);
  return withoutMark(document.text).slice(offset, offset + length);
}

/** JSON pointer (RFC 6901). */
export function pointerOf(path: Path): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** The parser doesn't know a byte-order mark; offsets into the tree count without it. */
export function withoutMark(text: string): string {
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
}

function nodeAt(document: Document, path: Path): Node {
  for (let length = path.length; length > 0; length--) {
    const node = findNodeAtLocation(document.root, path.slice(0, length));
    if (node !== undefined) return node;
  }
  return document.root;
}

function placeAt(text: string, file: string, offset: number): string {
  const before = withoutMark(text).slice(0, offset);
  return `${file}:${before.split('\n').length}:${before.length - before.lastIndexOf('\n')}`;
}

function lineStarts(text: string): readonly number[] {
  return [0, ...[...withoutMark(text).matchAll(/\n/g)].map(({ index }) => index + 1)];
}

/** By halving: a large file has many places to name. */
function lineAt({ lines }: Document, offset: number): number {
  let [low, high] = [0, lines.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((lines[middle] ?? 0) <= offset) low = middle;
    else high = middle;
  }
  return low + 1;
}

function refuseUndecodable(text: string, file: string): void {
  const offset = withoutMark(text).search(/\uFFFD|\0/);
  if (offset === -1) return;
  throw new UserError(`${placeAt(text, file, offset)}: the file is not text in UTF-8`, 'Restore it from Git, or save it as UTF-8.');
}

function refuseDepth(text: string, file: string): void {
  const tooDeep = depths(text).find(({ depth }) => depth > MAX_DEPTH);
  if (tooDeep === undefined) return;
  const place = placeAt(text, file, tooDeep.offset);
  throw new UserError(`${place}: nested more than ${MAX_DEPTH} levels deep`, 'Goals need about five levels: remove the nesting.');
}

/** The depth after each bracket outside of texts. Not by the parser: it is recursive. */
function depths(text: string): readonly { depth: number; offset: number }[] {
  let depth = 0;
  return [...withoutMark(text).matchAll(/"(?:[^"\\\n]|\\.)*"?|[[\]{}]/g)]
    .filter(([token]) => !token.startsWith('"'))
    .map(({ 0: token, index }) => {
      depth += token === '{' || token === '[' ? 1 : -1;
      return { depth, offset: index };
    });
}

/** By jsonc-parser's names of its error codes. */
const SYNTAX: Readonly<Record<string, string>> = {
  InvalidSymbol: 'a word that JSON does not know',
  InvalidNumberFormat: 'a number that JSON does not know',
  PropertyNameExpected: 'a property name in double quotes is expected here (is there a comma too many before?)',
  ValueExpected: 'a value is expected here (is there a comma too many before?)',
  ColonExpected: 'a colon is missing',
  CommaExpected: 'a comma is missing',
  CloseBraceExpected: 'a closing } is missing',
  CloseBracketExpected: 'a closing ] is missing',
  EndOfFileExpected: 'something stands after the end of the JSON value',
  InvalidCommentToken: 'comments are not part of JSON',
  UnexpectedEndOfComment: 'comments are not part of JSON',
  UnexpectedEndOfString: 'the text has no closing quote on its line',
  UnexpectedEndOfNumber: 'the number is not finished',
  InvalidUnicode: 'a wrong \\u escape',
  InvalidEscapeCharacter: 'a wrong escape after \\',
  InvalidCharacter: 'a control character inside a text must be escaped',
};

function syntaxError(text: string, file: string, { error, offset, length }: ParseError, more: number): UserError {
  const name = printParseErrorCode(error);
  const place = placeAt(text, file, offset);
  const problem = SYNTAX[name] ?? 'not valid JSON';
  const stopsThere =
    withoutMark(text)
      .slice(offset + length)
      .trim() === '';
  if (stopsThere && (depths(text).at(-1)?.depth ?? 0) > 0) {
    return new UserError(
      `${place}: the file is cut off: a closing } or ] is missing at its end`,
      'Restore it from Git, or finish it by hand.',
    );
  }
  const rest = more === 0 ? '' : ` (and ${more} more after it)`;
  const remedy = problem.startsWith('comments')
    ? 'Move the comment into a field, "notes" for example: unknown fields are kept.'
    : 'Correct the JSON there; nothing was changed.';
  return new UserError(`${place}: ${problem}${rest}`, remedy);
}

function refuseKeys(node: Node, text: string, file: string): void {
  const seen = new Set<string>();
  for (const child of node.children ?? []) {
    const key = child.type === 'property' ? child.children?.[0] : undefined;
    if (key !== undefined) refuseKey(String(key.value), key.offset, seen, text, file);
    const inner = child.type === 'property' ? child.children?.[1] : child;
    if (inner?.children !== undefined) refuseKeys(inner, text, file);
  }
}

function refuseKey(name: string, offset: number, seen: Set<string>, text: string, file: string): void {
  if (FORBIDDEN_KEYS.has(name)) {
    throw new UserError(
      `${placeAt(text, file, offset)}: the name "${name}" is not allowed`,
      'Remove the property, or call it something else.',
    );
  }
  if (seen.has(name)) {
    throw new UserError(
      `${placeAt(text, file, offset)}: "${name}" stands twice in one object`,
      'Keep one of the two: which one counts would be a guess.',
    );
  }
  seen.add(name);
}
