import { stripVTControlCharacters } from 'node:util';
import type { Actor, Event } from '#model/event.ts';
import type { Progress } from './progress.ts';
import { afterCommit, oneLine, painter, shortTime, stateColour, statusColour } from './text.ts';

interface PlainOptions {
  readonly colours: boolean;
  /** Planned changes too, and why pending checks are not met yet. */
  readonly verbose: boolean;
}

/** One line an event, for logs and for terminals without a cursor; what failed is followed by its causes and remedy. */
export function plainProgress(write: (text: string) => void, options: PlainOptions): Progress {
  const met = new Set<string>();
  return {
    listener: (event) => {
      if (event.type === 'check.judged' && isRepeated(event, met)) return;
      for (const line of linesOf(event, options)) write(`${line}\n`);
    },
    close: async () => {},
  };
}

/** A check that stays met is told once, although what it saw may change a little each time. */
function isRepeated({ phase, objective, check, state }: CheckJudged, met: Set<string>): boolean {
  const key = `${phase} ${objective} ${check}`;
  const wasMet = met.has(key);
  if (state === 'met') met.add(key);
  else met.delete(key);
  return wasMet && state === 'met';
}

function linesOf(event: Event, { colours, verbose }: PlainOptions): readonly string[] {
  const paint = painter(colours);
  switch (event.type) {
    case 'run.started':
      return [
        `${event.back === undefined ? 'Run' : 'Rollback'} ${event.run}: phases ${event.from} to ${event.to} on ${oneLine(event.cluster)}${event.resumes === undefined ? '' : `, continues ${event.resumes}`}`,
        ...(verbose && event.by !== undefined ? [`By ${actorText(event.by)}`] : []),
        ...(event.rehearsal ? ['This is a rehearsal on an embedded cluster: nothing real is touched, and approvals are given by it.'] : []),
      ];
    case 'preflight.finished': {
      const denied = event.denied.map((permission) => `    ${paint.red(oneLine(permission))}`);
      const unexplained = (event.unexplained ?? []).map((permission) => `    ${oneLine(permission)}`);
      return [
        `Permissions: ${event.asked} asked for, ${denied.length === 0 ? 'all granted' : 'denied:'}`,
        ...denied,
        ...(unexplained.length === 0 ? [] : ['Without these, causes can be found less far:', ...unexplained]),
      ];
    }
    case 'phase.started':
      return [paint.bold(`Phase ${event.phase}: ${oneLine(event.name)}`)];
    case 'check.judged':
      return checkLines(event, paint, verbose);
    case 'change.planned':
      return verbose ? [`  ${event.objective} plans   ${event.do} ${oneLine(event.target)}`] : [];
    case 'change.applied':
      return [`  ${event.objective} ${paint.cyan('did')}     ${oneLine(event.result)}`];
    case 'change.skipped':
      return skippedLines(event.objective, event.reason);
    case 'change.failed': {
      // The first cause says what was to be done.
      const [what = event.change, ...causes] = event.cause;
      return [`  ${event.objective} ${paint.red('failed')}  ${oneLine(what)}`, ...why(causes, event.remedy)];
    }
    case 'gate.waiting':
      return [
        `  ${event.objective} ${paint.yellow('waits')}   ${event.kind} ${oneLine(event.what)}${span(event.since, event.until)}`,
        ...why([], event.remedy),
      ];
    case 'objective.finished':
      return [
        ...(event.skipped ?? []).map(({ title, reason }) => `  ${event.objective} skipped ${oneLine(title)} (${oneLine(reason)})`),
        `  ${event.objective} ${oneLine(event.name)}: ${statusColour(paint, event.state)(event.state)}${event.reason === undefined ? '' : ` (${oneLine(event.reason)})`}`,
      ];
    case 'phase.finished':
      return [`Phase ${event.phase}: ${statusColour(paint, event.state)(event.state)}`];
    case 'lock.lost':
      return [paint.red(`The Lease was lost: ${oneLine(event.why)}`)];
    case 'run.finished':
      return [];
  }
}

/** A dry run gives a preview below the first line: a diff, kept line by line. */
function skippedLines(objective: string, reason: string): readonly string[] {
  const [first = '', ...preview] = reason.split('\n');
  return [`  ${objective} skipped ${oneLine(first)}`, ...preview.map((line) => `    ${stripVTControlCharacters(line)}`)];
}

type CheckJudged = Extract<Event, { type: 'check.judged' }>;

function checkLines(event: CheckJudged, paint: ReturnType<typeof painter>, verbose: boolean): readonly string[] {
  const where = event.objective ?? `phase ${event.phase}`;
  const state = stateColour(paint, event.state)(event.state) + ' '.repeat(7 - event.state.length);
  const line = `  ${where} ${state} ${oneLine(event.title)}: ${oneLine(event.summary)}${afterCommit(event.after_commit_ms)}`;
  const explain = event.state === 'failed' || event.state === 'unknown' || event.final === true || (event.state === 'pending' && verbose);
  return explain ? [line, ...why(event.cause ?? [], event.remedy)] : [line];
}

/** Causes, each deeper than the last, and the remedy. */
function why(causes: readonly string[], remedy: string | undefined): readonly string[] {
  const lines = causes.map((cause, depth) => `    ${'  '.repeat(depth)}because ${oneLine(cause)}`);
  return remedy === undefined ? lines : [...lines, `    to fix it: ${oneLine(remedy)}`];
}

function span(since: string | undefined, until: string | undefined): string {
  return `${since === undefined ? '' : `, since ${shortTime(since)}`}${until === undefined ? '' : `, until ${shortTime(until)}`}`;
}

/** "admin, commits as Ada Lovelace <ada@example.org>, from ada@laptop" */
function actorText({ user, git, host, account }: Actor): string {
  const words = [user ?? 'an unknown user of the cluster', ...(git === undefined ? [] : [`commits as ${git}`]), `from ${account}@${host}`];
  return oneLine(words.join(', '));
}
