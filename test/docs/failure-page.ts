import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Event } from '#model/event.ts';
import { plainProgress } from '#ui/plain.ts';
import { resultText } from '#ui/result.ts';
import { root } from '../cli/run-command.ts';

/** A failure as somebody met it. */
export interface Failure {
  /** What happened to the cluster, in words: the section's title. */
  readonly title: string;
  readonly cluster: 'embedded' | 'real';
  /** What was typed. */
  readonly command: string;
  readonly events: readonly Event[];
}

const FILE = join(root, 'docs/failures.md');
const INTRODUCTION = `# Failures, as they are told

What a run prints when something is wrong: the check or change that ended it, why, and what to do. Each was met by a test, on the embedded cluster or on the real one, and this page is what that test saw (\`UPDATE=failures npm test\`, and \`UPDATE=failures npm run test:real\`, write it anew). Commits, times and addresses are replaced.
`;

/** The page has a section that tells this failure and its remedy; with UPDATE=failures it is written instead. */
export function expectOnPage(failure: Failure): void {
  const sections = readSections();
  const told = sectionOf(failure);
  if (process.env.UPDATE === 'failures') {
    sections.set(failure.title, told);
    writeFileSync(FILE, [INTRODUCTION, ...[...sections].map(([title, text]) => `## ${title}\n\n${text}\n`)].join('\n'));
    return;
  }
  // How far a chain of causes had come when it was looked at is another thing each time: what failed, and what to do, is not.
  const lines = told.split('\n');
  const decisive = lines.filter((line) => /^ {2}\S+ +(failed|pending|unknown) |^ {4}to fix it: |^On the /.test(line));
  expect(decisive.length).toBeGreaterThan(1);
  for (const line of decisive) expect(sections.get(failure.title), `docs/failures.md, ${failure.title}`).toContain(line);
}

/** Title to text. */
export function readSections(): Map<string, string> {
  const page = existsSync(FILE) ? readFileSync(FILE, 'utf8') : '';
  return new Map(page.split(/^## /m).slice(1).map(titleAndText));
}

function titleAndText(section: string): [string, string] {
  const end = section.indexOf('\n');
  return [section.slice(0, end), section.slice(end).trim()];
}

function sectionOf({ cluster, command, events }: Failure): string {
  const end = events.at(-1);
  if (end?.type !== 'run.finished') throw new Error('the run has not ended');
  const lines: string[] = [];
  const { listener } = plainProgress((text) => lines.push(text), { colours: false, verbose: true });
  const red = decisiveOf(events);
  if (red !== undefined) listener(red);
  const told = normalise([...lines, resultText(end, [])].join('').trimEnd());
  return `On the ${cluster} cluster, \`${command}\` ends with exit ${end.exit}:\n\n\`\`\`text\n${told}\n\`\`\``;
}

/** The event that ended the run: what it says stands in its last words. */
function decisiveOf(events: readonly Event[]): Event | undefined {
  const isRed = (event: Event) => event.type === 'change.failed' || (event.type === 'check.judged' && event.state !== 'met');
  const end = events.at(-1);
  const summary = end?.type === 'run.finished' ? end.summary : '';
  return events.findLast((event) => isRed(event) && (event.type !== 'check.judged' || summary.includes(event.summary)));
}

/** What is another thing each time. */
function normalise(text: string): string {
  return text
    .replaceAll(/\b[0-9a-f]{40}\b/g, '<commit>')
    .replaceAll(/\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{7,10}\b/g, '<commit>')
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '<time>')
    .replaceAll(/\b\d+(\.\d+)? s (after|ago|apart)/g, '<n> s $2')
    .replaceAll(/\b\d+ restarts\b/g, '<n> restarts')
    .replaceAll(/\/tmp\/[\w./-]+/g, '<folder>')
    .replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:<port>');
}
