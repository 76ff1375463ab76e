import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { EmbeddedCluster } from '#rehearsal/cluster.ts';
import { root } from '../run-command.ts';
import { type Case, type Told, tell } from './lab.ts';

/** Cases by the headings that they share. */
export type Topics = Readonly<Record<string, readonly Case[]>>;

/**
 * Runs every case, and compares what its user reads with the page. Each gives one message with a remedy, no stack and its exit code, and
 * nothing is lost. What this machine can't run is named, and stays on the page as it is.
 */
export async function matchPage(name: string, head: string, cluster: EmbeddedCluster, topics: Topics): Promise<void> {
  const page = join(root, 'test/cli/__snapshots__', name);
  const parts = [head];
  for (const [topic, cases] of Object.entries(topics)) {
    parts.push(`## ${topic}\n`);
    for (const each of cases) {
      const missing = missingFor(each);
      if (missing === undefined) parts.push(await describeCase(cluster, each));
      else {
        console.warn(`skipped: ${each.name}: ${missing}`);
        parts.push(sectionOf(page, each.name));
      }
    }
  }
  await expect(parts.join('\n')).toMatchFileSnapshot(page);
}

async function describeCase(cluster: EmbeddedCluster, each: Case): Promise<string> {
  const told = await tell(cluster, each);
  judge(each, told);
  return `### ${each.name}\n\n\`anton-logging ${told.command}\` exits ${told.exit}\n\n\`\`\`text\n${told.text}\n\`\`\`\n`;
}

function judge({ name, exit }: Case, told: Told): void {
  const about = `${name}:\n${told.text}`;
  expect(told.exit, about).toBe(exit);
  expect(told.lost, about).toEqual([]);
  expect(told.text, about).not.toMatch(/^\s+at /m);
  if (exit === 0 || told.command === 'doctor') return;
  expect(told.text.match(/^(Error|failed|refused|unknown|waiting): /gm), about).toHaveLength(1);
  expect(told.text.match(/^(To fix it|To go on): \S/gm), about).toHaveLength(1);
}

function missingFor({ mounts, terminal, needs }: Case): string | undefined {
  const program = mounts !== undefined ? 'unshare' : terminal ? 'script' : needs;
  if (program === undefined) return undefined;
  const args = {
    openssl: ['version'],
    unshare: ['--user', '--map-root-user', '--mount', 'true'],
    'ssh-keygen': ['-?'],
    script: ['--version'],
  };
  const { error, status } = spawnSync(program, args[program]);
  if (error !== undefined) return `there is no ${program}`;
  return program === 'unshare' && status !== 0 ? 'nobody may make namespaces here' : undefined;
}

function sectionOf(page: string, name: string): string {
  const text = readFileSync(page, 'utf8');
  const begin = text.indexOf(`### ${name}\n`);
  const end = text.slice(begin).search(/\n\n##/);
  return end === -1 ? text.slice(begin) : text.slice(begin, begin + end + 1);
}
