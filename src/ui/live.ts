import { EOL } from 'node:os';
import { DefaultRenderer, Listr, ListrLogger, type ListrTask, ProcessOutput } from 'listr2';
import type { Event, Status } from '#model/event.ts';
import { type Ending, LiveRows } from './live-rows.ts';
import type { ObjectiveOutline, PhaseOutline } from './outline.ts';
import type { Progress } from './progress.ts';
import { afterCommit, oneLine, shortTime } from './text.ts';

const NOT_REACHED: Ending = { how: 'skipped', text: 'not reached' };

/**
 * Phases, their objectives and their checks as a tree that folds what is done. Listr2 only draws: each row waits until an
 * event ends it, so that the engine alone decides what runs. Its own handling of Ctrl-C, which would end the process
 * before anything is saved, is off.
 */
export function liveProgress(phases: readonly PhaseOutline[], stream: NodeJS.WriteStream): Progress {
  const rows = new LiveRows();
  let drawing: Promise<unknown> = Promise.resolve();
  const show = showEvents(phases, rows);
  return {
    listener: (event) => {
      if (event.type === 'run.started') {
        const reached = phases.filter(({ number }) => number >= event.from && number <= event.to);
        drawing = draw(reached, rows, stream);
      } else show(event);
    },
    close: async () => {
      rows.endAll(NOT_REACHED);
      await drawing;
    },
  };
}

/** Listr2 looks at stdout alone to tell whether there is a terminal; whoever made this has looked at the right stream. */
class TerminalRenderer extends DefaultRenderer {
  static override nonTTY = true;
}

async function draw(phases: readonly PhaseOutline[], rows: LiveRows, stream: NodeJS.WriteStream): Promise<void> {
  const list = new Listr<void, typeof TerminalRenderer>(
    phases.map((phase) => phaseTask(phase, rows)),
    {
      renderer: TerminalRenderer,
      exitOnError: false,
      registerSignalListeners: false,
      rendererOptions: {
        collapseErrors: false,
        logger: new ListrLogger({ useIcons: true, toStderr: [], processOutput: new ProcessOutput(stream, stream) }),
      },
    },
  );
  await list.run();
}

function phaseTask(phase: PhaseOutline, rows: LiveRows): ListrTask<void> {
  const title = `Phase ${phase.number}: ${oneLine(phase.name)}`;
  return {
    title,
    task: (_, row) => {
      rows.register(phaseKey(phase.number), row);
      return row.newListr([...phase.objectives.map((objective) => objectiveTask(objective, rows)), holdOpen(phaseKey(phase.number), rows)]);
    },
  };
}

function objectiveTask({ id, name, validations }: ObjectiveOutline, rows: LiveRows): ListrTask<void> {
  return {
    title: `${id} ${oneLine(name)}`,
    task: (_, row) => {
      rows.register(id, row);
      const checks = validations.map((check): ListrTask<void> => {
        return { title: oneLine(check.title), task: (_context, own) => rows.wait(checkKey(id, check.id), own) };
      });
      return row.newListr([...checks, holdOpen(id, rows)], { concurrent: true });
    },
  };
}

/** A row without a title shows nothing: it keeps its parent open, and unfolded when it failed. */
function holdOpen(key: string, rows: LiveRows): ListrTask<void> {
  return { task: () => rows.hold(key) };
}

function showEvents(phases: readonly PhaseOutline[], rows: LiveRows): (event: Event) => void {
  /** The last word on each check that is not met, by key. */
  const unmet = new Map<string, Ending>();

  const endObjective = ({ id, validations }: ObjectiveOutline, state: Status): void => {
    const fallback = state === 'completed' ? 'done' : 'skipped';
    for (const check of validations) {
      const key = checkKey(id, check.id);
      rows.end(key, unmet.get(key) ?? { how: fallback });
    }
    rows.end(id, endingOf(state));
  };

  return (event) => {
    switch (event.type) {
      case 'check.judged': {
        const key = event.objective === undefined ? phaseKey(event.phase) : checkKey(event.objective, event.check);
        if (event.state === 'met') {
          unmet.delete(key);
          if (event.objective !== undefined)
            rows.end(key, { how: 'done', text: `${oneLine(event.summary)}${afterCommit(event.after_commit_ms)}` });
        } else {
          unmet.set(key, explain(event));
          rows.say(key, `${event.state}: ${oneLine(event.summary)}`);
        }
        break;
      }
      case 'change.planned':
        rows.say(event.objective, `${event.do} ${oneLine(event.target)}`);
        break;
      case 'change.applied':
        rows.say(event.objective, oneLine(event.result));
        break;
      case 'change.failed':
        rows.say(event.objective, [...event.cause, event.remedy].map(oneLine).join(EOL));
        break;
      case 'gate.waiting': {
        const until = event.until === undefined ? '' : `, until ${shortTime(event.until)}`;
        rows.end(checkKey(event.objective, event.gate), { how: 'skipped', text: `waits for: ${oneLine(event.what)}${until}` });
        break;
      }
      case 'objective.finished': {
        const objective = phases.flatMap(({ objectives }) => objectives).find(({ id }) => id === event.objective);
        rows.retitle(event.objective, event.reason === undefined ? event.state : `${event.state} (${oneLine(event.reason)})`);
        if (objective !== undefined) endObjective(objective, event.state);
        break;
      }
      case 'phase.finished': {
        rows.retitle(phaseKey(event.phase), event.state);
        for (const objective of phases.find(({ number }) => number === event.phase)?.objectives ?? []) rows.end(objective.id, NOT_REACHED);
        rows.end(phaseKey(event.phase), endingOf(event.state));
        break;
      }
    }
  };
}

/** A tick is for what was completed alone: what waits, was interrupted or is blocked has none. */
function endingOf(state: Status): Ending {
  if (state === 'completed') return { how: 'done' };
  return { how: state === 'failed' || state === 'regressed' || state === 'blocked' ? 'failed' : 'skipped' };
}

/** How a check that is not met stands when its objective is over: one that was pending was not awaited any longer. */
function explain(event: Extract<Event, { type: 'check.judged' }>): Ending {
  if (event.state === 'pending' && event.final !== true)
    return { how: 'skipped', text: `${oneLine(event.title)}: still pending, ${oneLine(event.summary)}` };
  const causes = (event.cause ?? []).map((cause) => `because ${oneLine(cause)}`);
  const remedy = event.remedy === undefined ? [] : [`to fix it: ${oneLine(event.remedy)}`];
  return { how: 'failed', text: [oneLine(event.summary), ...causes, ...remedy].join(EOL) };
}

function phaseKey(number: number): string {
  return `phase ${number}`;
}

function checkKey(objective: string, check: string): string {
  return `${objective} ${check}`;
}
