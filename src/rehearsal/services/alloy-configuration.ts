/** A block of Alloy's configuration: `stage.json { expressions = {...} }`. */
export interface Block {
  readonly name: string;
  readonly label: string;
  /** Name to the text of its expression, comments taken out. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly blocks: readonly Block[];
}

/** A configuration that Alloy would not load; the message is its reason. */
export class LoadFailure extends Error {}

const COMPONENTS = [
  'discovery.kubernetes',
  'discovery.relabel',
  'local.file_match',
  'loki.source.file',
  'loki.source.kubernetes',
  'loki.process',
  'loki.relabel',
  'loki.write',
];
const SECTIONS = ['logging', 'tracing', 'http', 'livedebugging'];

/**
 * The components of a configuration.
 * @throws LoadFailure for broken syntax, a component that does not exist, or a reference to one that is not there
 */
export function parseAlloy(text: string): readonly Block[] {
  const { blocks } = createReader(text).body(false);
  const components = blocks.filter(({ name }) => !SECTIONS.includes(name));
  for (const { name, label } of components) {
    if (!COMPONENTS.includes(name)) throw new LoadFailure(`cannot find the definition of component name "${name}"`);
    if (label === '') throw new LoadFailure(`component "${name}" must have a label`);
  }
  for (const [reference, name, label] of withoutStrings(text).matchAll(
    /\b((?:loki|discovery|local)\.\w+(?:\.(?:file|kubernetes))?)\.(\w+)\.(?:receiver|targets|output)\b/g,
  )) {
    if (!components.some((component) => component.name === name && component.label === label))
      throw new LoadFailure(`component "${name}.${label}" does not exist or is out of scope (${reference})`);
  }
  return components;
}

/** Strings of an expression, in order: `["a", "b"]`, `coalesce(sys.env("X"))`. */
export function stringsIn(expression: string | undefined): string[] {
  return [...(expression ?? '').matchAll(/"((?:\\.|[^"\\])*)"|`([^`]*)`/g)].map(([, quoted, raw]) => raw ?? unquote(quoted as string));
}

/** `{ level = "level || severity" }` as name to string. */
export function entriesIn(expression: string | undefined): [string, string][] {
  return [...(expression ?? '').matchAll(/["]?(\w+)["]?\s*=\s*"((?:\\.|[^"\\])*)"/g)].map(([, name, value]) => [
    name as string,
    unquote(value as string),
  ]);
}

function createReader(text: string) {
  let at = 0;

  function skip(): void {
    at += /^(\s|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*/.exec(text.slice(at))?.[0].length ?? 0;
  }

  function take(pattern: RegExp): RegExpExecArray | null {
    skip();
    const found = pattern.exec(text.slice(at));
    at += found?.[0].length ?? 0;
    return found;
  }

  function fail(): never {
    const line = text.slice(0, at).split('\n').length;
    throw new LoadFailure(`/etc/alloy/config.alloy:${line}: expected block or attribute, found ${JSON.stringify(text.slice(at, at + 10))}`);
  }

  /** Up to the end of the line, or of the last bracket that it opens. */
  function expression(): string {
    let depth = 0;
    let written = '';
    while (at < text.length && !(depth === 0 && /[\n}]/.test(text[at] as string))) {
      const token = /^("(?:\\.|[^"\\\n])*"|`[^`]*`|\/\/[^\n]*|[\s\S])/.exec(text.slice(at))?.[0] as string;
      if (token === '"') fail();
      if ('([{'.includes(token)) depth += 1;
      if (')]}'.includes(token)) depth -= 1;
      if (!token.startsWith('//')) written += token;
      at += token.length;
    }
    if (depth !== 0) fail();
    return written.trim();
  }

  function body(inside: boolean): Pick<Block, 'attributes' | 'blocks'> {
    const attributes: Record<string, string> = {};
    const blocks: Block[] = [];
    for (;;) {
      skip();
      if (at === text.length) return inside ? fail() : { attributes, blocks };
      if (inside && take(/^\}/)) return { attributes, blocks };
      const attribute = take(/^([a-zA-Z_]\w*)\s*=(?!=)\s*/)?.[1];
      if (attribute !== undefined) {
        attributes[attribute] = expression();
        continue;
      }
      const [, name, label = ''] = take(/^([a-zA-Z_][\w.]*)(?:\s+"([^"]*)")?\s*\{/) ?? fail();
      blocks.push({ name: name as string, label, ...body(true) });
    }
  }

  return { body };
}

function unquote(quoted: string): string {
  return quoted.replaceAll(/\\(.)/g, (_, character) => (character === 'n' ? '\n' : character === 't' ? '\t' : character));
}

function withoutStrings(text: string): string {
  return text.replaceAll(/\/\/[^\n]*/g, '').replaceAll(/"(?:\\.|[^"\\\n])*"/g, '""');
}
