import * as v from 'valibot';
import { EXIT, UserError } from '#model/errors.ts';
import type { Plan } from '#model/plan.ts';
import { type Document, type Path, parseDocument, placeOf, pointerOf } from './document.ts';

const Text = v.string();
const Digest = v.pipe(Text, v.regex(/^[0-9a-f]{64}$/, 'a digest of 64 hexadecimal digits is expected'));
const Hash = v.pipe(Text, v.regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/, 'the hash of a commit is expected'));
const Number_ = v.pipe(v.number(), v.integer(), v.minValue(0));
const Status = v.picklist(['pending', 'in_progress', 'waiting', 'completed', 'failed', 'blocked', 'skipped', 'regressed']);

/** What a run needs of a saved plan; the rest is there for people. */
const SavedPlan = v.looseObject({
  version: v.literal(1),
  made: Text,
  from: Number_,
  to: Number_,
  basis: v.object({
    goals: v.record(Text, v.object({ shown: Text, digest: Digest })),
    cluster: v.object({ server: Text, uid: Text }),
    repository: v.object({ remote: Text, branch: Text, tip: Hash }),
  }),
  phases: v.array(
    v.looseObject({
      phase: Number_,
      objectives: v.array(
        v.looseObject({
          objective: Text,
          state: Status,
          derives: v.boolean(),
          changes: v.array(v.looseObject({ parts: v.array(v.object({ name: Text, digest: Digest, effect: v.optional(Digest) })) })),
        }),
      ),
    }),
  ),
});

const REMEDY = 'make it anew: anton-logging plan --out FILE; nothing was changed';

/**
 * Understands what `plan --out` saved.
 * @throws UserError (exit 2) naming file, line and pointer
 */
export function readPlan(text: string, file: string): Plan {
  if (text.trim() === '') throw new UserError(`${file} is empty: this is no plan`, REMEDY);
  const document = parsePlan(text, file);
  const result = v.safeParse(SavedPlan, document.value, { abortEarly: true });
  if (result.success) return document.value as Plan;
  const [issue] = result.issues;
  const path = (issue.path ?? []).map(({ key }) => key as string | number);
  throw new UserError(`${placeOf(document, path)}: ${describe(path)} ${wrong(issue, document, path)}`, REMEDY);
}

function parsePlan(text: string, file: string): Document {
  try {
    return parseDocument(text, file);
  } catch (error) {
    throw error instanceof UserError ? new UserError(error.message, REMEDY, EXIT.usage) : error;
  }
}

function describe(path: Path): string {
  return path.length === 0 ? 'the file' : pointerOf(path);
}

function wrong(issue: v.BaseIssue<unknown>, document: Document, path: Path): string {
  if (path.join() === 'version') {
    const { version } = document.value as { version?: unknown };
    return version === undefined ? 'is missing: this is no plan' : 'is of another release of this program: it reads version 1';
  }
  return issue.received === 'undefined' ? 'is missing' : `is not what it should be: ${issue.message}`;
}
