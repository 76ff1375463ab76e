import * as Flags from '@oclif/core/flags';
import type { Duration } from '#model/check.ts';
import { parseDuration } from '#model/duration.ts';
import { UserError } from '#model/errors.ts';
import { outputFlag } from './base-command.ts';
import type { SavedPlan } from './saved-plan.ts';

/** What a run needs to know of the command line. */
export interface RunFlags {
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  readonly output: string;
  readonly 'no-color': boolean;
  readonly verbose: boolean;
  readonly yes: boolean;
  readonly overwrite: boolean;
  readonly repair: boolean;
  readonly timeout: string;
}

/** How long a run may wait: for looks and writes alike. */
export const lookFlags = {
  output: outputFlag(['table', 'json', 'ndjson']),
  timeout: Flags.string({ default: '10m', description: 'how long one objective may take to become met', helpValue: '10m' }),
};

/** Of the commands that run phases: a plan has no testcases. */
export const runOutputFlag = outputFlag(['table', 'json', 'ndjson', 'junit']);

export const repairFlag = Flags.boolean({
  default: false,
  description: 'do what a failed check offers to mend: replace a pod that never became ready, reset an exhausted HelmRelease',
});

/** The flags of every command that writes. */
export const runFlags = {
  ...lookFlags,
  output: runOutputFlag,
  repair: repairFlag,
  yes: Flags.boolean({ default: false, description: 'do not ask before writing' }),
  overwrite: Flags.boolean({ default: false, description: 'replace generated files that were edited by hand' }),
  plan: Flags.string({
    description: 'run what "plan --out FILE" saved; refused when goals, repository or cluster moved since',
    helpValue: 'FILE',
  }),
};

/** Where `plan` saves what `--plan` takes. */
export const outFlag = Flags.string({ description: 'save the plan, to be run with "run --plan FILE"', helpValue: 'FILE' });

/**
 * @returns milliseconds
 * @throws UserError when the text is no duration
 */
export function readTimeout(text: string): number {
  if (/^\d+[smhd]$/.test(text)) return parseDuration(text as Duration);
  throw new UserError(`--timeout ${text} is no duration`, 'write it as 90s, 10m or 2h');
}

/** The plan that `--plan` names. */
export async function openPlanOf({ plan }: { readonly plan?: string | undefined }): Promise<SavedPlan | undefined> {
  if (plan === undefined) return undefined;
  // Loaded where it is needed: most runs have none.
  const { openPlan } = await import('./saved-plan.ts');
  return openPlan(plan);
}
