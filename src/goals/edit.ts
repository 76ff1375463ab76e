import { applyEdits, findNodeAtLocation, type Node, parseTree } from 'jsonc-parser';
import type { Path } from './document.ts';

/**
 * Sets one value in a JSON text and leaves every other character alone. Missing objects on the way are made; a value that is there
 * already is not rewritten, so that its own formatting stays. (jsonc-parser's `modify` formats the whole line that it inserts into,
 * which spreads `"prerequisites": ["phase-1"]` over three.)
 * @param after a new property goes behind this one, else to the end of its object; null: to its beginning
 */
export function setValue(text: string, path: Path, value: unknown, after?: string | null): string {
  const root = treeOf(text);
  const existing = findNodeAtLocation(root, [...path]);
  if (existing !== undefined) {
    if (isSame(text.slice(existing.offset, endOf(existing)), value)) return text;
    return apply(text, existing, render(text, value, existing, indentOf(text, existing)));
  }
  const parentPath = path.slice(0, -1);
  const parent = findNodeAtLocation(root, [...parentPath]);
  const key = String(path.at(-1));
  if (parent === undefined) return setValue(text, parentPath, { [key]: value });
  return insertProperty(text, parent, key, (indent) => render(text, value, parent, indent), after);
}

/** Gives a property another name in its place; nothing happens when it isn't there or the new name is taken. */
export function renameProperty(text: string, path: Path, name: string): string {
  const root = treeOf(text);
  const key = findNodeAtLocation(root, [...path])?.parent?.children?.[0];
  if (key === undefined || findNodeAtLocation(root, [...path.slice(0, -1), name]) !== undefined) return text;
  return apply(text, key, JSON.stringify(name));
}

/** Takes a property to the end of another object, as it is written; the object has to be there and must not have it. */
export function moveProperty(text: string, from: Path, to: Path): string {
  const root = treeOf(text);
  const node = findNodeAtLocation(root, [...from]);
  const parent = findNodeAtLocation(root, [...to.slice(0, -1)]);
  if (node === undefined || parent === undefined) return text;
  const written = text.slice(node.offset, endOf(node));
  const eol = endOfLine(text);
  const reindent = (indent: string) => written.replaceAll(`${eol}${indentOf(text, node)}`, `${eol}${indent}`);
  const moved = insertProperty(text, parent, String(to.at(-1)), reindent);
  return removeProperty(moved, from);
}

/** Puts an object with one property around a value. */
export function wrapValue(text: string, path: Path, key: string): string {
  const node = findNodeAtLocation(treeOf(text), [...path]) as Node;
  const written = text.slice(node.offset, endOf(node));
  if (!text.includes('\n')) return apply(text, node, `{${name(text, key)}${written}}`);
  const [eol, outer] = [endOfLine(text), indentOf(text, node)];
  const inner = outer + unitOf(text);
  return apply(text, node, `{${eol}${inner}${name(text, key)}${written.replaceAll(`${eol}${outer}`, `${eol}${inner}`)}${eol}${outer}}`);
}

/** What stands in the text for a value: `2.10` where the value is the number 2.1. */
export function sourceAt(text: string, path: Path): string {
  const node = findNodeAtLocation(treeOf(text), [...path]);
  return node === undefined ? '' : text.slice(node.offset, endOf(node));
}

/** Takes a property out, with its comma and its line. */
function removeProperty(text: string, path: Path): string {
  const property = findNodeAtLocation(treeOf(text), [...path])?.parent as Node;
  const siblings = property.parent?.children ?? [];
  const index = siblings.indexOf(property);
  const [previous, next] = [siblings[index - 1], siblings[index + 1]];
  const start = next === undefined && previous !== undefined ? endOf(previous) : property.offset;
  const end = next === undefined ? endOf(property) : next.offset;
  return apply(text, { offset: start, length: end - start }, '');
}

function insertProperty(text: string, parent: Node, key: string, content: (indent: string) => string, after?: string | null): string {
  const properties = parent.children ?? [];
  const previous = properties.find(({ children }) => children?.[0]?.value === after) ?? properties.at(-1);
  const eol = endOfLine(text);
  if (previous === undefined) {
    const [outer, inner] = text.includes('\n') ? [indentOf(text, parent), indentOf(text, parent) + unitOf(text)] : ['', ''];
    const around = (indent: string) => (text.includes('\n') ? `${eol}${indent}` : '');
    return apply(text, parent, `{${around(inner)}${name(text, key)}${content(inner)}${around(outer)}}`);
  }
  const first = properties[0] as Node;
  const gap = isInline(text, parent) ? spaceAfter(text, ',') : `${eol}${indentOf(text, after === null ? first : previous)}`;
  const property = `${name(text, key)}${content(indentOf(text, previous))}`;
  if (after === null) return apply(text, { offset: first.offset, length: 0 }, `${property},${gap}`);
  return apply(text, { offset: endOf(previous), length: 0 }, `,${gap}${property}`);
}

function name(text: string, key: string): string {
  return `${JSON.stringify(key)}:${spaceAfter(text, '":')}`;
}

/** Whether this file puts a space there. */
function spaceAfter(text: string, sign: string): string {
  return text.includes(`${sign} `) || text.includes('\n') ? ' ' : '';
}

/** On one line inside of what stands on one line, else like the rest of the file. */
function render(text: string, value: unknown, around: Node, indent: string): string {
  if (isInline(text, around)) return JSON.stringify(value);
  return JSON.stringify(value, null, unitOf(text)).replaceAll('\n', `${endOfLine(text)}${indent}`);
}

/** An empty object has no form of its own yet: it takes the file's. */
function isInline(text: string, node: Node): boolean {
  const isEmpty = node.type === 'object' && (node.children ?? []).length === 0;
  return !text.includes('\n') || (!isEmpty && !text.slice(node.offset, endOf(node)).includes('\n'));
}

function isSame(source: string, value: unknown): boolean {
  return JSON.stringify(JSON.parse(source)) === JSON.stringify(value);
}

/** The white space that the node's line begins with. */
function indentOf(text: string, node: Node): string {
  const start = text.lastIndexOf('\n', node.offset - 1) + 1;
  return /^[ \t]*/.exec(text.slice(start, node.offset))?.[0] ?? '';
}

/** One step of indentation, as the file's first indented line has it. */
function unitOf(text: string): string {
  return /\n([ \t]+)\S/.exec(text)?.[1] ?? '  ';
}

function endOfLine(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n';
}

function endOf(node: Node): number {
  return node.offset + node.length;
}

function apply(text: string, { offset, length }: { offset: number; length: number }, content: string): string {
  return applyEdits(text, [{ offset, length, content }]);
}

/** Most calls look at the same text again and change nothing: the last tree is kept. */
let last: { readonly text: string; readonly root: Node } | undefined;

function treeOf(text: string): Node {
  if (last?.text !== text) last = { text, root: parseTree(text) as Node };
  return last.root;
}
