import type { Basis, BranchCommit, Declared, Plan, PlannedObjective, PlannedPart } from '#model/plan.ts';

const SHOWN = 20;

/**
 * What a plan was made of and is not so any more, one thing a line. Pure.
 * @param commits what came to the branch since; undefined: the plan's commit is not on it
 * @param own digest of the saved plan: its own commits are no news
 */
export function findMoves(before: Basis, now: Basis, commits: readonly BranchCommit[] | undefined, own: string): readonly string[] {
  return [...findEdits(before.goals, now.goals), ...ofCluster(before, now), ...ofRepository(before, now, commits, own)];
}

/**
 * Planned changes that are not the same any more, one file or object a line. Pure.
 * @param hasBegun whether the plan was run already: then what is missing is done, and what follows from it may come
 */
export function findChangedChanges(before: Plan, now: Plan, hasBegun: boolean): readonly string[] {
  const earlier = new Map(before.phases.flatMap(({ objectives }) => objectives).map((objective) => [objective.objective, objective]));
  return shorten(
    now.phases
      .flatMap(({ objectives }) => objectives)
      .flatMap((objective) => compareObjective(earlier.get(objective.objective), objective, hasBegun))
      .map((line) => `planned change: ${line}`),
  );
}

/** Whether a commit holds nothing but the goals file: that one is compared by what it declares. A run itself asks to commit its progress. */
export function isProgress({ files }: BranchCommit, goals: string): boolean {
  return files.length === 1 && `/${goals}`.endsWith(`/${files[0]}`);
}

/** What the goals declare otherwise than before, with both values. */
export function findEdits(before: Declared, now: Declared): readonly string[] {
  const pointers = [...new Set([...Object.keys(before), ...Object.keys(now)])];
  const moved = pointers.filter((pointer) => before[pointer]?.digest !== now[pointer]?.digest);
  return shorten(
    moved.map((pointer) => {
      const [was, is] = [before[pointer]?.shown ?? 'not there', now[pointer]?.shown ?? 'not there'];
      return `goals: ${pointer}: was ${was}, is ${is}${was === is ? ' (another value)' : ''}`;
    }),
  );
}

function ofCluster({ cluster: before }: Basis, { cluster: now }: Basis): readonly string[] {
  const server = before.server === now.server ? [] : [`cluster: the API server was ${before.server}, is ${now.server}`];
  if (before.uid === now.uid) return server;
  return [...server, `cluster: it is another one: namespace kube-system had uid ${before.uid}, has ${now.uid}`];
}

function ofRepository(
  { repository: before }: Basis,
  { repository: now }: Basis,
  commits: readonly BranchCommit[] | undefined,
  own: string,
): readonly string[] {
  if (before.remote !== now.remote) return [`repository: it was ${before.remote}, is ${now.remote}`];
  if (before.branch !== now.branch) return [`repository: the branch was ${before.branch}, is ${now.branch}`];
  if (commits === undefined) return [`repository: commit ${short(before.tip)} of the plan is not on ${now.branch} any more`];
  const foreign = commits.filter(({ plan }) => plan !== own);
  return shorten(
    foreign.map(({ hash, author, subject }) => `repository: commit ${short(hash)} by ${author} came to ${now.branch}: ${subject}`),
  );
}

function compareObjective(before: PlannedObjective | undefined, now: PlannedObjective, hasBegun: boolean): readonly string[] {
  // What follows from what is there could not be known, or is known only in part.
  const isOpen = before !== undefined && (isUnplanned(before) || (hasBegun && before.derives));
  if (isOpen) return [];
  const planned = partsOf(before);
  const wanted = partsOf(now);
  const name = (part: string) => `${now.objective} ${part}`;
  const different = [...wanted].flatMap(([part, is]) => {
    const was = planned.get(part);
    if (was === undefined) return [`${name(part)}: it is not in the plan`];
    if (was.digest !== is.digest) return [`${name(part)}: it would become something else`];
    return hasBegun || was.effect === is.effect ? [] : [`${name(part)}: what is there is not what it was`];
  });
  if (isUnplanned(now) && !isUnplanned(before)) return [...different, `${name('as a whole')}: ${now.reason ?? 'it can not be planned'}`];
  const gone = hasBegun ? [] : [...planned.keys()].filter((part) => !wanted.has(part));
  return [...different, ...gone.map((part) => `${name(part)}: there is nothing left to do`)];
}

/** Something was in the way of planning it. */
function isUnplanned(objective: PlannedObjective | undefined): boolean {
  return objective !== undefined && ['failed', 'blocked', 'in_progress'].includes(objective.state);
}

function partsOf(objective: PlannedObjective | undefined): ReadonlyMap<string, PlannedPart> {
  return new Map((objective?.changes ?? []).flatMap(({ parts }) => parts).map((part) => [part.name, part]));
}

function shorten(lines: readonly string[]): readonly string[] {
  return lines.length <= SHOWN ? lines : [...lines.slice(0, SHOWN), `… and ${lines.length - SHOWN} more`];
}

function short(hash: string): string {
  return hash.slice(0, 10);
}
