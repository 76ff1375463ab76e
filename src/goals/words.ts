import type { Status } from '#model/event.ts';

/** Today's spelling and, after it, the other words met for the same. Compared without case, emoji and punctuation. */
const STATUS_WORDS: Readonly<Record<Status, readonly string[]>> = {
  pending: [
    'todo',
    'to_do',
    'planned',
    'not_started',
    'notstarted',
    'ready',
    'ready_to_start',
    'new',
    'open',
    'scheduled',
    'backlog',
    'queued',
  ],
  in_progress: ['inprogress', 'active', 'started', 'ongoing', 'running', 'doing', 'wip'],
  waiting: ['awaiting_approval', 'in_review', 'soaking'],
  completed: ['complete', 'done', 'finished', 'closed', 'succeeded', 'achieved'],
  failed: ['failure', 'error', 'broken'],
  blocked: ['on_hold', 'stuck'],
  skipped: ['skip', 'not_applicable', 'n_a', 'not_needed', 'wont_do'],
  regressed: [],
};
const STATUS_BY_WORD = new Map(
  Object.entries(STATUS_WORDS).flatMap(([status, words]) => [status, ...words].map((word) => [word, status as Status])),
);

/** The status that a word of a goals file means; undefined for a word that nobody knows. */
export function readStatus(word: string): Status | undefined {
  const plain = word
    .toLowerCase()
    .replaceAll(/[^a-z]+/g, '_')
    .replaceAll(/^_+|_+$/g, '');
  return STATUS_BY_WORD.get(plain);
}

/** Today's key first; a file's own is kept when progress is written. */
export const DATE_KEYS = {
  started: ['started_date', 'start_date', 'started_at', 'started_on'],
  completed: ['completion_date', 'completed_date', 'completed_at', 'completed_on', 'finished_date', 'end_date'],
} as const;

/** "phase-2", "phase2", "Phase 2", "2" and 2 are phase 2; undefined when the id has no number. */
export function readPhaseNumber(id: string | number): number | undefined {
  const digits = /^(?:phase)?[\s_-]*(\d{1,6})$/i.exec(String(id).trim())?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** The number of each phase of a file: its id's, else its place, unless another phase has that number. */
export function numberPhases(ids: readonly (string | number)[]): readonly number[] {
  const named = ids.map(readPhaseNumber);
  const taken = new Set(named.filter((number) => number !== undefined));
  let next = 0;
  return named.map((number, index) => {
    if (number !== undefined) return number;
    for (next = Math.max(next, index); taken.has(next); ) next++;
    taken.add(next);
    return next;
  });
}

/** From what stands in the file: a number's own digits count, 2.10 is the text "2.10" and not "2.1". */
export function readObjectiveId(source: string): string {
  return source.startsWith('"') ? (JSON.parse(source) as string) : source;
}

/** "airflow-log-pvc-exceeds-80gi-usage" */
export function slugOf(text: string): string {
  const slug = text
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
  return slug === '' ? 'unnamed' : slug;
}

const EMOJI = /(?:\p{Extended_Pictographic}|\uFE0F|\u200D)+/u;

/**
 * A title without what people append while they work: "Deploy test workloads ✅ (fixtures created)" and "Deploy test workloads - done"
 * are "deploy test workloads". Versions go too, so that "Grafana v11.4.0 deployed" stays the same title after an upgrade.
 */
export function normaliseTitle(title: string): string {
  const leading = new RegExp(`^[\\s\\-–—*]*(${EMOJI.source})?\\s*`, 'u');
  return (title.replace(leading, '').split(EMOJI)[0] ?? '')
    .replaceAll(/\([^()]*\)/g, ' ')
    .replace(/\s[-–—]\s.*$/s, ' ')
    .replaceAll(/\bv?\d+(\.\d+)+\b/gi, ' ')
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}
