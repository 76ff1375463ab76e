import { applyEdits, type Edit, findNodeAtLocation, type Node, parseTree } from 'jsonc-parser';
import type { Path } from './document.ts';

/**
 * Sets one value in a JSON text and leaves every other character alone. Missing objects on the way are made; a value that is there
 * already is not rewritten, so that its own formatting stays. (jsonc-parser's `modify` formats the whole line that it inserts into,
 * which spreads `"prerequisites": ["phase-1"]` over three.)
 * @param after a new property goes behind this one, else to the end of its object
 */
export function setValue(text: string, path: Path, value: unknown, after?: string): string {
  const root = treeOf(text);
  const existing = findNodeAtLocation(root, [...path]);
  if (existing !== undefined) {
    if (isSame(text.slice(existing.offset, existing.offset + existing.length), value)) return text;
    return apply(text, { offset: existing.offset, length: existing.length, content: render(text, value, existing) });
  }
  const parentPath = path.slice(0, -1);
  const parent = findNodeAtLocation(root, [...parentPath]);
  const key = String(path.at(-1));
  if (parent === undefined) return setValue(text, parentPath, { [key]: value });
  return insertProperty(text, parent, key, value, after);
}

/** Gives a property another name in its place; nothing happens when it isn't there or the new name is taken. */
export function renameProperty(text: string, path: Path, name: string): string {
  const root = treeOf(text);
  const key = findNodeAtLocation(root, [...path])?.parent?.children?.[0];
  if (key === undefined || findNodeAtLocation(root, [...path.slice(0, -1), name]) !== undefined) return text;
  return apply(text, { offset: key.offset, length: key.length, content: JSON.stringify(name) });
}

/** Takes a property out, with its comma and its line. */
export function removeProperty(text: string, path: Path): string {
  const property = findNodeAtLocation(treeOf(text), [...path])?.parent;
  const siblings = property?.parent?.children ?? [];
  if (property === undefined) return text;
  const index = siblings.indexOf(property);
  const [previous, next] = [siblings[index - 1], siblings[index + 1]];
  const start = next !== undefined ? property.offset : previous !== undefined ? endOf(previous) : property.offset;
  const end = next !== undefined ? next.offset : endOf(property);
  return apply(text, { offset: start, length: end - start, content: '' });
}

/** What stands in the text for a value: `2.10` where the value is the number 2.1. */
export function sourceAt(text: string, path: Path): string {
  const node = findNodeAtLocation(treeOf(text), [...path]);
  return node === undefined ? '' : text.slice(node.offset, endOf(node));
}

function insertProperty(text: string, parent: Node, key: string, value: unknown, after: string | undefined): string {
  const properties = parent.children ?? [];
  const previous = properties.find(({ children }) => children?.[0]?.value === after) ?? properties.at(-1);
  const property = (content: string) => `${JSON.stringify(key)}:${isInline(text, parent) && !text.includes('": ') ? '' : ' '}${content}`;
  if (isInline(text, parent) && previous !== undefined) {
    const space = /,\s/.test(text) ? ' ' : '';
    return apply(text, { offset: endOf(previous), length: 0, content: `,${space}${property(JSON.stringify(value))}` });
  }
  const eol = endOfLine(text);
  const indent = previous === undefined ? indentOf(text, parent) + unitOf(text) : indentOf(text, previous);
  const content = `${eol}${indent}${property(multiline(text, value, indent))}`;
  if (previous !== undefined) return apply(text, { offset: endOf(previous), length: 0, content: `,${content}` });
  return apply(text, { offset: parent.offset, length: parent.length, content: `{${content}${eol}${indentOf(text, parent)}}` });
}

function render(text: string, value: unknown, node: Node): string {
  return isInline(text, node) && !isEmpty(node) ? JSON.stringify(value) : multiline(text, value, indentOf(text, node));
}

function multiline(text: string, value: unknown, indent: string): string {
  if (!text.includes('\n')) return JSON.stringify(value);
  return JSON.stringify(value, null, unitOf(text)).replaceAll('\n', `${endOfLine(text)}${indent}`);
}

/** Written on one line: what is added stays on it. An empty object has no form of its own yet. */
function isInline(text: string, node: Node): boolean {
  if (!text.includes('\n')) return true;
  return !isEmpty(node) && !text.slice(node.offset, endOf(node)).includes('\n');
}

function isEmpty(node: Node): boolean {
  return node.type === 'object' && (node.children ?? []).length === 0;
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

function apply(text: string, edit: Edit): string {
  return applyEdits(text, [edit]);
}

function treeOf(text: string): Node {
  return parseTree(text) as Node;
}
