import { expect } from 'vitest';
import { type Ran, runCommand } from './run-command.ts';

/** What a user of one case sees: a section of a page that is kept beside the tests. */
export class Section {
  readonly #parts: string[];

  constructor(name: string, ...remarks: readonly string[]) {
    this.#parts = [`## ${name}`, ...remarks];
  }

  /** Runs a command and shows those of its lines that the case is about. */
  async show(argv: readonly string[], about: RegExp = /./): Promise<Ran> {
    const ran = await runCommand(argv);
    this.tell(argv, ran, about);
    return ran;
  }

  tell(argv: readonly string[], { exit, stdout, stderr }: Ran, about: RegExp): void {
    const lines = `${stdout}\n${stderr}`.split('\n').filter((line) => about.test(line));
    this.#parts.push([`\`anton-logging ${argv.join(' ')}\` exits ${exit}`, '```text', ...lines.map(settle), '```'].join('\n'));
  }

  note(remark: string): void {
    this.#parts.push(remark);
  }

  toString(): string {
    return this.#parts.join('\n\n');
  }
}

export async function keepPage(name: string, title: string, sections: readonly Section[]): Promise<void> {
  await expect(`${[`# ${title}`, ...sections].join('\n\n')}\n`).toMatchFileSnapshot(`__snapshots__/${name}.md`);
}

/** Without what is another each time: places, addresses, times and hashes. */
function settle(line: string): string {
  return line
    .trimEnd()
    .replaceAll(/\/\S*\/anton-logging-test-\w+/g, '…')
    .replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:PORT')
    .replaceAll(/\b\d{8}t\d{6}-[0-9a-f]{6}\b/g, 'RUN')
    .replaceAll(/\b\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?( UTC|Z)/g, 'TIME')
    .replaceAll(/ \([\d.]+ m?s after the commit\)/g, '')
    .replaceAll(/\b[0-9a-f]{7,64}\b/g, (hash) => (/^\d+$/.test(hash) ? hash : 'HASH'));
}
