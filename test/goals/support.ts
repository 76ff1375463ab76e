import { existsSync, readFileSync } from 'node:fs';
import { UserError } from '#model/errors.ts';

/** Files of real rollouts, read where they are: they are not ours to copy. */
const REAL = '../shared/real-goals';
export const REAL_FILES = ['logging-clean-slate.json', 'logging-mid-rollout.json', 'ceph-with-skips.json'] as const;
export const whyNoRealFiles = existsSync(REAL) ? undefined : `${REAL} is missing here`;

export function readReal(name: (typeof REAL_FILES)[number]): string {
  return readFileSync(`${REAL}/${name}`, 'utf8');
}

export function readFixture(name: string): string {
  return readFileSync(`test/goals/fixtures/${name}`, 'utf8');
}

export function readOwn(): string {
  return readFileSync('goals/goals.json', 'utf8');
}

/** Goals with these fields beside one small phase. */
export function goalsWith(fields: Record<string, unknown>): string {
  const objectives = [{ id: '2.1', name: 'Core Deployment', status: 'pending', deliverables: ['Deploy Loki HelmRelease'] }];
  return JSON.stringify({ phases: [{ id: 'phase-2', name: 'Loki Deployment', status: 'pending', objectives }], ...fields }, null, 2);
}

/** The error that the user sees. Anything else than a UserError is a bug and is thrown on. */
export function userErrorOf(act: () => unknown): UserError {
  try {
    act();
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** JSON pointers at which two values differ: of a value that is missing on one side, its own. */
export function differences(before: unknown, after: unknown, pointer = ''): readonly string[] {
  if (Object.is(before, after)) return [];
  if (typeof before !== 'object' || typeof after !== 'object' || before === null || after === null) return [pointer];
  if (Array.isArray(before) !== Array.isArray(after)) return [pointer];
  const [a, b] = [before as Record<string, unknown>, after as Record<string, unknown>];
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].flatMap((key) => differences(a[key], b[key], `${pointer}/${key}`));
}
