import type { ChalkInstance } from 'chalk';
import type { Drift, Finding, Unseen, Verification, VerifiedCheck, VerifiedObjective, VerifiedPhase } from '#model/verification.ts';
import { drawTable } from './table.ts';
import { oneLine, painter, shortTime, statusColour } from './text.ts';

/** A verification for a terminal: first what is wrong with its causes and what to do, then phases and objectives, then one line. */
export function verificationText(seen: Verification, colours: boolean): string {
  const paint = painter(colours);
  const { drift } = seen;
  const checks = distinctChecks(seen);
  const regressed = new Set(seen.regressions.map(({ check }) => check));
  const red = checks.filter(({ id, state, deferred }) => (state === 'failed' || state === 'pending') && !deferred && !regressed.has(id));
  const states = (wanted: VerifiedCheck['state']) => checks.filter(({ state }) => state === wanted);
  return [
    ...section(paint.red.bold('Regressed'), distinctFindings(seen).flatMap(regressionLines)),
    ...section(paint.red.bold('Drifted'), drift.filter(({ state }) => state !== 'outdated').flatMap(driftLines)),
    ...section(paint.magenta.bold('Could not be told'), [...states('unknown'), ...seen.unseen.map(unseenCheck)].flatMap(explain)),
    ...section(paint.yellow.bold('Not met, and not shown before as it is wanted'), red.flatMap(explain)),
    ...section(paint.yellow.bold('Wanted otherwise by now'), drift.filter(({ state }) => state === 'outdated').flatMap(driftLines)),
    phaseTable(seen.phases, paint),
    ...section(paint.bold('Not shown lately: verify --probe would'), states('stale').flatMap(staleLines)),
    summarise(seen, checks, red.length),
  ].join('\n');
}

function regressionLines({ objective, held_at, ...finding }: Finding): readonly string[] {
  const [first = '', ...rest] = explain({ ...finding, title: `${objective} ${finding.title}` });
  return [`${first}${held_at === undefined ? '' : ` (held at ${shortTime(held_at)})`}`, ...rest];
}

/** "HelmRelease monitoring/loki: spec.values.a is 2, 1 is wanted; by kubectl-edit at …" */
export function describeDrift({ what, field, state, wanted, found, by, at }: Drift): string {
  const states = { missing: 'is missing', outdated: 'is as it was generated, but the goals want something else', changed: 'was changed' };
  const value =
    found === undefined
      ? states[state]
      : `is ${found}${wanted === undefined ? ', which the release did not set' : `, wanted is ${wanted}`}`;
  const who = by === undefined ? '' : `; last set by ${by}${at === undefined ? '' : ` at ${shortTime(at)}`}`;
  return oneLine(`${what}: ${field === undefined ? '' : `${field} `}${value}${who}`);
}

function driftLines(drift: Drift): readonly string[] {
  return [`${drift.objective} ${describeDrift(drift)}`, `  to fix it: ${oneLine(drift.remedy)}`];
}

function unseenCheck({ saw, cause, remedy }: Unseen): Pick<VerifiedCheck, 'title' | 'saw' | 'cause' | 'remedy'> {
  return { title: 'Git, cluster and goals agree', saw, cause, remedy };
}

function staleLines({ title, saw }: VerifiedCheck): readonly string[] {
  return [`${oneLine(title)}: ${oneLine(saw)}`];
}

function explain({ title, saw, cause = [], remedy }: Pick<VerifiedCheck, 'title' | 'saw' | 'cause' | 'remedy'>): readonly string[] {
  return [
    `${oneLine(title)}: ${oneLine(saw)}`,
    ...cause.map((each, depth) => `${'  '.repeat(depth + 1)}because ${oneLine(each)}`),
    ...(remedy === undefined ? [] : [`  to fix it: ${oneLine(remedy)}`]),
  ];
}

function phaseTable(phases: readonly VerifiedPhase[], paint: ChalkInstance): string {
  const rows = phases.flatMap(({ number, name, objectives }) => [
    [{ text: String(number), paint: paint.bold }, { text: oneLine(name), paint: paint.bold }, '', ''],
    ...objectives.map(({ id, name: objective, status, checks, reason }: VerifiedObjective) => [
      oneLine(id),
      oneLine(objective),
      { text: reason === undefined ? status : `${status} (${oneLine(reason)})`, paint: statusColour(paint, status) },
      `${checks.filter(({ state }) => state === 'met').length}/${checks.length}`,
    ]),
  ]);
  return drawTable(['', 'Phase', 'Status', 'Holds'], [4, 41, 23, 6], rows, paint.dim);
}

function summarise({ observed_at, regressions, drift, unseen }: Verification, checks: readonly VerifiedCheck[], red: number): string {
  const count = (state: VerifiedCheck['state']) => checks.filter((check) => check.state === state).length;
  const untold = count('unknown') + unseen.length;
  const parts = [
    regressions.length === 0 ? 'nothing regressed' : `${new Set(regressions.map(({ check }) => check)).size} regressed`,
    ...(red === 0 ? [] : [`${red} not met`]),
    ...(drift.length === 0 ? [] : [`${drift.length} drifted`]),
    ...(untold === 0 ? [] : [`${untold} could not be told`]),
    ...(count('stale') === 0 ? [] : [`${count('stale')} not shown lately`]),
  ];
  return `Observed ${shortTime(observed_at)}: ${count('met')} of ${checks.length} checks hold
${parts.join(', ')}`;
}

/** A check that several objectives ask for is told once. */
function distinctFindings({ regressions }: Verification): readonly Finding[] {
  const first = regressions.toReversed().map((finding) => [finding.check, finding] as const);
  return [...new Map(first).values()].toReversed();
}

function distinctChecks({ phases }: Verification): readonly VerifiedCheck[] {
  const checks = phases.flatMap(({ objectives }) => objectives.flatMap((objective) => objective.checks));
  return [...new Map(checks.map((check) => [check.id, check])).values()];
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [title, ...lines.map((line) => `  ${line}`), ''];
}
