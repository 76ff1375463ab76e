import type { Change } from '#model/change.ts';
import { LeaseLost, UserError } from '#model/errors.ts';
import { nameOf, refOf, serviceName } from '#model/kubernetes.ts';
import type { Merge } from '#model/ports.ts';
import { planChange } from './plan-change.ts';
import type { RunTools } from './run-tools.ts';

/** Where a change belongs; `number` counts the changes of the objective. */
export interface Place {
  readonly phase: number;
  readonly objective: string;
  readonly number: number;
}

/** `interrupted`: whether it happened is not known; the journal has its intent without an outcome. */
export type Executed = 'applied' | 'skipped' | 'interrupted' | Refusal | { readonly awaits: Merge };

/** Why a change was not performed, and what to do about it. */
export interface Refusal {
  readonly refused: string;
  readonly remedy: string;
}

/**
 * The only place where changes are performed: dry run, Lease and journal are enforced here, once.
 * The intent is in the journal before the change begins. A refusal becomes a `change.failed` event.
 * @throws LeaseLost when the Lease may have expired: no write begins any more
 */
export async function executeChange(change: Change, place: Place, tools: RunTools): Promise<Executed> {
  const { context, request, emit, signal, lock } = tools;
  const where = { phase: place.phase, objective: place.objective, change: `${place.objective}/${place.number}` };
  try {
    const preview = await context.performer.preview(change, signal);
    if (preview === undefined) {
      emit({ type: 'change.skipped', ...where, reason: `${describeChange(change)}: already as wanted` });
      return 'skipped';
    }
    if (request.dryRun) {
      const would = planChange(change, describeChange(change), preview);
      emit({ type: 'change.skipped', ...where, reason: `dry run: would ${would.target}\n${would.diff}`, would });
      return 'skipped';
    }
    const awaited = await context.performer.awaits?.(change, signal);
    if (awaited !== undefined) {
      emit({ type: 'change.skipped', ...where, reason: `${describeChange(change)}: done already, ${awaited.what}` });
      return { awaits: awaited };
    }
    if (lock?.valid() !== true) throw new LeaseLost('the Lease has expired: no write may begin');
    emit({ type: 'change.planned', ...where, do: change.do, target: describeChange(change) });
    const by = { run: request.run, journal: context.journal.head, ...(request.plan === undefined ? {} : { plan: request.plan }) };
    const result = await context.performer.perform(change, by, signal);
    emit({ type: 'change.applied', ...where, result });
    const awaits = await context.performer.awaits?.(change, signal);
    return awaits === undefined ? 'applied' : { awaits };
  } catch (error) {
    if (signal.aborted && !(error instanceof LeaseLost)) return 'interrupted';
    if (!(error instanceof UserError)) throw error;
    emit({ type: 'change.failed', ...where, cause: [describeChange(change), error.message], remedy: error.remedy });
    return { refused: `${describeChange(change)}: ${error.message}`, remedy: error.remedy };
  }
}

/** "commit 4 files: deploy Loki": the change in words, without secrets. */
export function describeChange(change: Change): string {
  switch (change.do) {
    case 'commit': {
      const files = Object.keys(change.files).length + (change.edits?.length ?? 0);
      return `commit ${files} ${files === 1 ? 'file' : 'files'}: ${change.why}`;
    }
    case 'reconcile':
      return `ask Flux to ${change.reset ? 'reset and ' : ''}reconcile ${nameOf(change.object)}`;
    case 'apply':
      return `apply ${nameOf(refOf(change.object))}`;
    case 'remove':
      return `remove ${nameOf(change.object)}`;
    case 's3-put':
      return `put s3://${change.bucket.name}/${change.key}`;
    case 's3-delete':
      return `delete s3://${change.bucket.name}/${change.key}`;
    case 'push':
      return `push ${change.lines.length} ${change.lines.length === 1 ? 'line' : 'lines'} to ${serviceName(change.to)}`;
  }
}
