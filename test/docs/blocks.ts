import { readFileSync } from 'node:fs';

/** The lines of a page's code blocks in a language, in their order. */
export function readBlocks(file: string, language: string): readonly (readonly string[])[] {
  const blocks = readFileSync(file, 'utf8').matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm);
  return [...blocks].filter(([, found]) => found === language).map(([, , code = '']) => code.trimEnd().split('\n'));
}

/** The block that has such a line; an error when none does. */
export function findBlock(file: string, line: RegExp): readonly string[] {
  const found = readBlocks(file, 'sh').find((lines) => lines.some((each) => line.test(each)));
  if (found === undefined) throw new Error(`no code block of ${file} has a line ${line}`);
  return found;
}
