import type { MatchedObjective, MatchedPhase } from '#goals/types.ts';
import { EXIT } from '#model/errors.ts';
import type { Emit, RunContext, RunRequest } from './context.ts';
import { wasShown } from './evidence.ts';
import { describePermission, diagnosisPermissionsOf, distinct, permissionsOf } from './permissions.ts';
import { finish, type RunResult } from './run-result.ts';

interface Preflight {
  readonly access: RunContext['access'];
  readonly request: Pick<RunRequest, 'apply' | 'repair'>;
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

/**
 * Every permission of the phases to come, asked for before the first write.
 * @returns why the run can't begin; undefined: nothing is missing
 */
export async function checkPermissions(
  phases: readonly MatchedPhase[],
  { access, request: { apply, repair }, emit, signal }: Preflight,
): Promise<RunResult | undefined> {
  const permissions = distinct(phases.flatMap(({ body }) => permissionsOf(body, apply, apply && repair)));
  const needed = new Set(permissions.map(describePermission));
  const all = distinct([...permissions, ...phases.flatMap(({ body }) => diagnosisPermissionsOf(body))]);
  const missing = (await access.denied(all, signal)).map(describePermission);
  const denied = missing.filter((one) => needed.has(one));
  const unexplained = missing.filter((one) => !needed.has(one));
  emit({ type: 'preflight.finished', asked: all.length, denied, ...(unexplained.length === 0 ? {} : { unexplained }) });
  if (denied.length === 0) return undefined;
  return finish(
    EXIT.notReady,
    `${denied.length} of ${permissions.length} permissions are missing:\n${denied.map((one) => `  ${one}`).join('\n')}`,
    `grant them to the user or service account of this kubeconfig, then run again; nothing was changed${leaveOutDone(phases, denied, repair)}`,
  );
}

/** A role for what is left does not grant what only finished phases need. */
function leaveOutDone(phases: readonly MatchedPhase[], denied: readonly string[], repair: boolean): string {
  const first = phases.findIndex((phase) => !phase.objectives.every(isPassable));
  if (first < 1) return '';
  const needed = new Set(phases.slice(first).flatMap(({ body }) => permissionsOf(body, true, repair).map(describePermission)));
  return denied.some((one) => needed.has(one)) ? '' : `. Only finished phases need them: anton-logging run --from ${phases[first]?.number}`;
}

/** Shown, or waiting for nothing but a gate beside which other work may go on. */
export function isPassable({ skipped, ...objective }: MatchedObjective): boolean {
  const waitsAside = objective.status === 'waiting' && objective.evidence?.waiting_for?.non_blocking === true;
  return skipped !== undefined || wasShown(objective) || waitsAside;
}
