import { globSync } from 'node:fs';
import { join } from 'node:path';

/** The source files of all commands: one file, one command. What they share stands in support/. */
export function commandFiles(root: string): readonly string[] {
  return globSync('src/commands/**/*.ts', { cwd: root, exclude: ['src/commands/support/**'] })
    .sort()
    .map((file) => join(root, file));
}
