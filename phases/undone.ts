import { parseAllDocuments } from 'yaml';
import { objectsAreGone } from '#checks/gone.ts';
import type { Change, Commit, Derive, Edit, Step } from '#model/change.ts';
import { type Manifest, type ObjectRef, refOf } from '#model/kubernetes.ts';
import { definePhase, type Objective, objective, type Phase } from '#model/phase.ts';

/**
 * A phase backwards: what its objectives committed is taken out of Git, the last first, and Flux prunes it. Values in files of the user's
 * become what they were before. An objective that has committed nothing has nothing to take back.
 */
export function undonePhase(phase: Phase): Phase {
  return definePhase(phase.number, phase.name, (environment) => {
    const { objectives } = phase.for(environment);
    return {
      preconditions: objectives.flatMap(({ rollback }) => rollback?.needs ?? []),
      objectives: objectives.toReversed().map((each) => undo(each, environment.gitops.source)),
    };
  });
}

/** What is lost when the phase is rolled back, by name. */
export function findLosses(objectives: readonly Objective[]): readonly string[] {
  return objectives.flatMap(({ rollback, skipped }) => (skipped === undefined ? (rollback?.loses ?? []) : []));
}

function undo({ id, name, steps = [], skipped, rollback = {} }: Objective, source: ObjectRef): Objective {
  const undone = steps.toReversed().flatMap(undoStep);
  if (skipped !== undefined || undone.length === 0)
    return objective(id, name, { skipped: skipped ?? 'it has committed nothing', deliverables: [] });
  const objects = steps.flatMap((step) => (step.do === 'commit' ? manifestsOf(step) : []));
  const gone = objects.length === 0 ? [] : [objectsAreGone(`rollback.${id}-gone`, objects.map(refOf))];
  return objective(id, name, {
    steps: [...undone, { do: 'reconcile', object: source }],
    deliverables: [{ title: 'Taken back', validations: [...gone, ...(rollback.proves ?? [])] }],
  });
}

function undoStep(step: Step): readonly Step[] {
  if (step.do === 'await') return [];
  if (step.do !== 'derive') return undoChange(step);
  const derive: Derive = { ...step, changes: (seen) => step.changes(seen).toReversed().flatMap(undoChange) };
  return [derive];
}

/** What was removed stays so, and what Flux was asked for needs no answer any more. */
function undoChange(change: Change): readonly Change[] {
  if (change.do === 'apply') return [{ do: 'remove', object: refOf(change.object) }];
  return change.do === 'commit' ? [undoCommit(change)] : [];
}

function undoCommit({ files, edits = [], why }: Commit): Commit {
  return {
    do: 'commit',
    why: `take back: ${why}`,
    files: Object.fromEntries(Object.keys(files).map((file) => [file, null])),
    edits: edits.toReversed().map(undoEdit),
  };
}

function undoEdit({ file, at, add, set }: Edit): Edit {
  return add === undefined ? { file, at, restore: set } : { file, at, remove: add };
}

function manifestsOf({ files }: Commit): readonly Manifest[] {
  const yaml = Object.entries(files).filter(([file, content]) => /\.ya?ml$/.test(file) && content !== null);
  return yaml.flatMap(([, content]) => parseAllDocuments(content ?? '').map((document) => document.toJS() as Manifest));
}
