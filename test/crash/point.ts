/**
 * How it ends there. "before" and "after" it happened, "torn": half of it is written, "unsynced": written, not yet on the disk. "full"
 * and "read-only" are no deaths: from there on no file can be written, and the program is to end by itself.
 */
export type Moment = 'before' | 'torn' | 'unsynced' | 'after' | 'full' | 'read-only';

/** Something that a run does to the world outside. */
export interface Visit {
  /** What the run is at: "start", "2" (its phase begins), "2.1", "2 end", "end". */
  readonly stretch: string;
  /** "append change.planned 2.1/1", "rename goals.json", "read GET /api/v1/pods", "PATCH /api/v1/…", "git push" */
  readonly what: string;
  /** From 1, of the same in this stretch. */
  readonly number: number;
}

/** One death in one rollout. */
export interface Point extends Visit {
  readonly moment: Moment;
}

export const RULE = `every append to the journal, in turns before it, torn, unsynced, after it, with the disk full;
  every write to the cluster, every commit and push, before it and once it was answered;
  of reads, of git that only prepares, and of renewals of the Lease (they come by time), the first of its kind, in turns before it
    and once it was answered: nothing lies between the others that was not tried;
  of files the first of each step in each phase: before it, contents torn, the disk full at contents, read-only at the lock`;

export const KINDS = ['append', 'write', 'read', 'file'] as const;

export function kindOf({ what }: Visit): (typeof KINDS)[number] {
  if (what.startsWith('append ')) return 'append';
  if (/^(mkdir|rmdir|mkdtemp|writeFile|rename|rm) /.test(what)) return 'file';
  return /^git (push|commit-tree)$|^(POST|PUT|PATCH|DELETE) (?!\/apis\/coordination)/.test(what) ? 'write' : 'read';
}

const OF_APPENDS: readonly Moment[] = ['before', 'torn', 'unsynced', 'after', 'full'];
const OF_READS: readonly Moment[] = ['before', 'after'];

/** The points to try, of what an undisturbed run did: RULE. */
export function choosePoints(visits: readonly Visit[]): readonly Point[] {
  const turns = { append: 0, read: 0 };
  const seen = new Set<string>();
  return visits.flatMap((visit) => {
    const scope = kindOf(visit) === 'file' ? phaseOf(visit) : '';
    const isFirst = !seen.has(`${scope} ${visit.what}`);
    seen.add(`${scope} ${visit.what}`);
    return momentsOf(visit, isFirst, turns).map((moment) => ({ ...visit, moment }));
  });
}

function momentsOf(visit: Visit, isFirst: boolean, turns: { append: number; read: number }): readonly Moment[] {
  const { what } = visit;
  const kind = kindOf(visit);
  if (kind === 'append') return [OF_APPENDS[turns.append++ % OF_APPENDS.length] as Moment];
  if (kind === 'write') return ['before', 'after'];
  if (!isFirst) return [];
  // A watch has no answer that would be complete.
  if (kind === 'read') return what.endsWith('?watch') ? ['before'] : [OF_READS[turns.read++ % OF_READS.length] as Moment];
  if (what === 'writeFile goals.json' || what === 'writeFile the plan') return ['before', 'torn', 'full'];
  return what === 'mkdir the lock' ? ['before', 'read-only'] : ['before'];
}

/** "2" of "2.1" and "2 end" */
function phaseOf({ stretch }: Visit): string {
  return stretch.split(/[. ]/, 1)[0] as string;
}

/**
 * Deals the points to rollouts, each of which dies several times, in the order of the run and at most twice in the same stretch: so
 * many cost little more than one.
 */
export function dealChains(points: readonly Point[]): readonly (readonly Point[])[] {
  const stretches = [...Map.groupBy(points, ({ stretch }) => stretch).values()];
  const count = Math.ceil(Math.max(0, ...stretches.map(({ length }) => length)) / 2);
  const dealt = Map.groupBy(
    stretches.flat().map((point, index) => ({ point, chain: index % count })),
    ({ chain }) => chain,
  );
  return [...dealt.values()].map((chain) => chain.map(({ point }) => point));
}

/** "2.1: after #1 PATCH /api/…" */
export function describePoint({ stretch, moment, number, what }: Point): string {
  return `${stretch}: ${moment} #${number} ${what}`;
}

/** @throws Error when it is none */
export function parsePoint(text: string): Point {
  const [, stretch, moment, number, what] = /^([^:]+): ([\w-]+) #(\d+) (.+)$/.exec(text) ?? [];
  if (stretch === undefined || what === undefined) throw new Error(`"${text}" is no point: "2.1: after #1 git push"`);
  return { stretch, moment: moment as Moment, number: Number(number), what };
}
