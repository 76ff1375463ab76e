import type { FaultResult } from './faults.ts';
import { type MutationResult, nameMutation } from './mutations.ts';
import { explain } from './survivors.ts';
import type { TamperingResult } from './tampering.ts';
import type { ExamPlan } from './task.ts';

export interface ExamResults {
  readonly plan: ExamPlan;
  readonly faults: readonly FaultResult[];
  readonly mutations: readonly MutationResult[];
  readonly tamperings: readonly TamperingResult[];
}

export function isNoticed({ noticed, drift }: MutationResult): boolean {
  return noticed.length > 0 || drift > 0;
}

/** docs/coverage.md: what was tried, and what no check notices, with the reason why. The same text for the same results. */
export function describeCoverage({ plan, faults, mutations, tamperings }: ExamResults): string {
  const survivors = mutations.filter((result) => !isNoticed(result));
  const excused = tamperings.flatMap(({ target, how, excused }) =>
    Object.entries(excused).map(([check, why]) => ({ why, line: `\`${check}\` when ${target} answers ${how}` })),
  );
  return [
    '# What no check notices',
    '',
    'Written by `npm run exam`: it takes a completed rehearsal, breaks one thing at a time in a copy of it, and asks `verify --probe`. What is not listed here was noticed.',
    '',
    '## What was tried',
    '',
    `- ${faults.length} faults of \`rehearse --faults\`: ${faults.filter(({ caught }) => caught).length} found by the named check, for the named reason.`,
    `- ${tamperings.length} tampered answers: each of ${plan.targets.length} resources and services answers 403, 404, 500, nothing, HTML, half of its answer, what it answered an hour ago, or never.`,
    `- ${mutations.length} mutations: a field removed or changed by somebody with \`kubectl edit\`, who does it again whenever Flux puts it back. ${mutations.length - survivors.length} noticed, by a check or as drift.`,
    '',
    '| kind | mutations | noticed |',
    '|---|---|---|',
    ...countByKind(mutations),
    '',
    'Fields that were left out, and why:',
    '',
    ...plan.skipped.map(({ why, fields }) => `- ${fields}: ${why}`).sort(),
    '',
    '## Mutations that nobody noticed',
    '',
    ...listByReason(
      survivors.map((result) => ({ why: explain(nameMutation(result)) ?? 'Not explained.', line: `\`${nameMutation(result)}\`` })),
    ),
    '## Tampered answers that checks are met with',
    '',
    'None of these takes something that it could not read for an answer.',
    '',
    ...listByReason(excused.filter(({ why }) => why !== STALE)),
    `### ${STALE}`,
    '',
    `${excused.filter(({ why }) => why === STALE).length} pairs of a check and what it reads.`,
    '',
  ].join('\n');
}

/** Of these there are as many as there are checks and answers. */
export const STALE = 'An old answer can be read: it is found out where a marked line or a time stands in it';

function countByKind(mutations: readonly MutationResult[]): readonly string[] {
  const byKind = Map.groupBy(mutations, ({ what }) => what.split(' ')[0] ?? '');
  return [...byKind].map(([kind, of]) => `| ${kind} | ${of.length} | ${of.filter(isNoticed).length} |`).sort();
}

function listByReason(entries: readonly { readonly why: string; readonly line: string }[]): readonly string[] {
  return [...Map.groupBy(entries, ({ why }) => why)]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .flatMap(([why, of]) => [`### ${why}`, '', ...of.map(({ line }) => `- ${line}`).sort(), '']);
}
