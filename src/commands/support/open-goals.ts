import { resolve } from 'node:path';
import { findGoalsFile, openGoalsFile } from '#adapters/files.ts';
import { resolveEnvironment } from '#goals/environment.ts';
import { loadGoals } from '#goals/load.ts';
import type { Goals, Warning } from '#goals/types.ts';
import type { Environment } from '#model/environment.ts';
import { UserError } from '#model/errors.ts';
import type { GoalsFile } from '#model/ports.ts';

/** The rollout that this program has phases for. */
const ROLLOUT = 'logging';

export interface OpenedGoals {
  readonly file: GoalsFile;
  readonly goals: Goals;
  /** Undefined for another rollout's file: it loads and shows, but does not run. */
  readonly environment: Environment | undefined;
  /** What was understood although it is not today's form, or says otherwise than the environment; with line and pointer. */
  readonly warnings: readonly string[];
}

export type OwnGoals = OpenedGoals & { readonly environment: Environment };

/**
 * Finds, reads and understands the goals file.
 * @throws UserError when there is none, or it can't be loaded
 */
export async function openGoals(flags: { readonly goals: string | undefined }): Promise<OpenedGoals> {
  return understand(openGoalsFile(locateGoals(flags.goals)));
}

/** As `openGoals`, and insists on goals that this program has phases for. */
export async function openOwnGoals(flags: { readonly goals: string | undefined }): Promise<OwnGoals> {
  return understandOwn(openGoalsFile(locateGoals(flags.goals)));
}

export async function understandOwn(file: GoalsFile): Promise<OwnGoals> {
  const opened = await understand(file);
  const { environment } = opened;
  if (environment !== undefined) return { ...opened, environment };
  throw new UserError(
    `${file.path} holds the goals of the rollout "${opened.goals.rollout}", and there are no phases for that rollout: only "${ROLLOUT}" can be run`,
    'name a goals file of the logging rollout with --goals; status --offline shows this one',
  );
}

/** What was named, then ANTON_LOGGING_GOALS, then goals/goals.json found upward from the working directory. */
export function locateGoals(named: string | undefined): string {
  const file = named ?? process.env.ANTON_LOGGING_GOALS ?? findGoalsFile(process.cwd());
  if (file !== undefined && file !== '') return resolve(file);
  throw new UserError(
    `there is no goals/goals.json in ${process.cwd()} or above it`,
    'anton-logging init writes one that fits the cluster; or run inside a checkout that has one, or name it with --goals or ANTON_LOGGING_GOALS',
  );
}

async function understand(file: GoalsFile): Promise<OpenedGoals> {
  const goals = loadGoals(await file.read(), file.path);
  const resolved = goals.rollout === ROLLOUT ? resolveEnvironment(goals) : undefined;
  const warnings = [...goals.warnings, ...(resolved?.warnings ?? [])].map((warning) => describeWarning(goals.file, warning));
  return { file, goals, environment: resolved?.environment, warnings };
}

function describeWarning(file: string, { line, pointer, message }: Warning): string {
  return `${file}:${line}: ${pointer}: ${message}`;
}
