import { createScanner } from '../scanner.ts';

/** A block of Alloy's configuration: `stage.json { expressions = {...} }`. */
export interface Block {
  readonly name: string;
  readonly label: string;
  /** Name to the text of its expression. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly blocks: readonly Block[];
}

/** A configuration that Alloy would not load; the message is its reason. */
export class LoadFailure extends Error {}

const COMPONENTS = ['discovery.kubernetes', 'discovery.relabel', 'loki.source.file', 'loki.process', 'loki.write'];
const ATTRIBUTE = /(\w+)\s*=\s*(\[[^\]]*\]|\{[^}]*\}|[^\n]*)/;
const OPENING = /([\w.]+)(?:\s+"(\w+)")?\s*\{/;

/**
 * The components of a configuration whose attributes end with their line, list or mapping.
 * @throws LoadFailure for broken syntax or a component that does not exist
 */
export function parseAlloy(text: string): readonly Block[] {
  const scanner = createScanner(text.replaceAll(/^\s*\/\/.*$/gm, ''));
  const { blocks } = readBody();
  const components = blocks.filter(({ name }) => name !== 'logging');
  if (!scanner.done()) throw new LoadFailure(`/etc/alloy/config.alloy: expected block or attribute at character ${scanner.position()}`);
  const unknown = components.find(({ name }) => !COMPONENTS.includes(name));
  if (unknown !== undefined) throw new LoadFailure(`cannot find the definition of component name "${unknown.name}"`);
  return components;

  function readBody(): Pick<Block, 'attributes' | 'blocks'> {
    const attributes: Record<string, string> = {};
    const blocks: Block[] = [];
    for (;;) {
      const [, attribute, expression = ''] = scanner.take(ATTRIBUTE) ?? [];
      const [, name, label = ''] = attribute === undefined ? (scanner.take(OPENING) ?? []) : [];
      if (attribute !== undefined) attributes[attribute] = expression;
      else if (name === undefined) return { attributes, blocks };
      else {
        blocks.push({ name, label, ...readBody() });
        if (!scanner.take(/\}/)) throw new LoadFailure(`/etc/alloy/config.alloy: block ${name} is not closed`);
      }
    }
  }
}

/** Strings of an expression, in order: `["a", "b"]`. */
export function stringsIn(expression = ''): string[] {
  return [...expression.matchAll(/"((?:\\.|[^"\\])*)"/g)].map(([, quoted]) => unquote(quoted));
}

/** `{ level = "level || severity" }` as name to string. */
export function entriesIn(expression = ''): [string, string][] {
  return [...expression.matchAll(/(\w+)\s*=\s*"((?:\\.|[^"\\])*)"/g)].map(([, name = '', value]) => [name, unquote(value)]);
}

function unquote(quoted = ''): string {
  return quoted.replaceAll(/\\(.)/g, '$1');
}
