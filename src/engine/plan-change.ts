import type { Change } from '#model/change.ts';
import { digestOf } from '#model/digest.ts';
import { nameOf, refOf } from '#model/kubernetes.ts';
import type { PlannedChange, PlannedPart } from '#model/plan.ts';
import { redactLines } from '#model/redact.ts';

/** A change as a plan shows it: credentials masked, and what it is to become as digests. */
export function planChange(change: Change, target: string, preview: string): PlannedChange {
  return { do: change.do, target, diff: redactLines(preview), parts: partsOf(change, preview) };
}

/** Digests of what is wanted and not of the diff: a diff changes with what lies before it. */
function partsOf(change: Change, preview: string): readonly PlannedPart[] {
  switch (change.do) {
    case 'commit':
      return [
        ...Object.entries(change.files).map(([name, content]) => ({ name, digest: digestOf(content) })),
        ...(change.edits ?? []).map(({ file, at, ...value }) => ({
          name: `${file} at ${at.join('.')}${value.add === undefined ? '' : ` (${value.add})`}`,
          digest: digestOf(value),
        })),
      ];
    case 'apply':
      return [{ name: nameOf(refOf(change.object)), digest: digestOf(change.object), effect: digestOf(preview) }];
    case 'remove':
      return [{ name: `removal of ${nameOf(change.object)}`, digest: digestOf(change.object) }];
    default:
      return [];
  }
}
