import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { addressOf } from '#adapters/kubernetes/connect.ts';
import { readList } from '#adapters/kubernetes/read.ts';
import { readPlanFile, writePlanFile } from '#adapters/plan-file.ts';
import { describeDeclared } from '#engine/declared.ts';
import { loadDocument } from '#goals/load.ts';
import { readPlan } from '#goals/read-plan.ts';
import { Unobserved, UserError } from '#model/errors.ts';
import type { Basis, Plan } from '#model/plan.ts';
import { interruptSignal } from './interrupt.ts';
import type { OwnGoals } from './open-goals.ts';
import type { Writing } from './wire.ts';

export interface SavedPlan {
  readonly file: string;
  readonly digest: string;
  readonly plan: Plan;
}

/** @throws UserError when there is no such file, or it is no plan */
export async function openPlan(name: string): Promise<SavedPlan> {
  const file = resolve(name);
  const text = await readPlanFile(file);
  return { file, digest: createHash('sha256').update(text).digest('hex'), plan: readPlan(text, file) };
}

/** @throws UserError when the file can't be written, or the plan was made of something that could not be seen */
export async function savePlan(name: string, { basis }: Plan, text: string): Promise<void> {
  if (basis.repository.tip === '') {
    throw new UserError(
      `the plan is not saved: branch ${basis.repository.branch} of ${basis.repository.remote} can't be read, so nobody could tell whether it moved`,
      'make "git fetch" work here, then plan again',
    );
  }
  const file = resolve(name);
  await writePlanFile(file, text);
  process.stderr.write(`Saved. To run exactly this: anton-logging run --plan ${name}\n`);
}

/** What a plan stands on: the declared goals, the cluster and the branch as they are now. */
export async function observeBasis({ file }: OwnGoals, { kubernetes, git }: Pick<Writing, 'kubernetes' | 'git'>): Promise<Basis> {
  const goals = loadDocument(await file.read(), file.path).value as Readonly<Record<string, unknown>>;
  const { remote, branch, tip = '' } = await git.tip(interruptSignal());
  return {
    goals: describeDeclared(goals),
    cluster: { server: addressOf(kubernetes), uid: await uidOf(kubernetes) },
    repository: { remote, branch, tip },
  };
}

/** @throws UserError (exit 2) with what moved */
export function refuseMoves({ file, plan }: SavedPlan, moves: readonly string[]): void {
  if (moves.length === 0) return;
  throw new UserError(
    `the plan ${file} of ${plan.made} does not hold any more:\n${moves.map((move) => `  ${move}`).join('\n')}`,
    `see what a run would do now and save that: anton-logging plan --out FILE; nothing was changed`,
  );
}

/** By a list, which the phases need anyway: no permission is asked for that only plans would use. Without it the address alone tells. */
async function uidOf(kubernetes: Writing['kubernetes']): Promise<string> {
  try {
    const scope = { group: '', version: 'v1', resource: 'namespaces' };
    const { items } = await readList(kubernetes, { of: 'list', scope }, interruptSignal());
    return items.find(({ metadata }) => metadata.name === 'kube-system')?.metadata.uid ?? '';
  } catch (error) {
    if (error instanceof Unobserved && error.reason === 'forbidden') return '';
    throw error;
  }
}
