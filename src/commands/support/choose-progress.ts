import type { Environment } from '#model/environment.ts';
import type { Phase } from '#model/phase.ts';
import { junitProgress } from '#ui/junit.ts';
import { liveProgress } from '#ui/live.ts';
import { ndjsonProgress } from '#ui/ndjson.ts';
import { outlinePhases } from '#ui/outline.ts';
import { plainProgress } from '#ui/plain.ts';
import type { Progress } from '#ui/progress.ts';
import { isTerminal, wantsColour } from './terminal.ts';

interface ProgressFlags {
  readonly output: string;
  readonly 'no-color': boolean;
  readonly verbose: boolean;
}

/** How a run is shown while it goes on: events to stdout with ndjson; else to stderr, as a tree where the cursor can move. */
export function chooseProgress(flags: ProgressFlags, phases: readonly Phase[], environment: Environment, dryRun: boolean): Progress {
  if (flags.output === 'ndjson') return ndjsonProgress((text) => process.stdout.write(text));
  if (flags.output === 'junit') {
    const junit = junitProgress((text) => process.stdout.write(text));
    // Stdout holds XML and nothing else, whatever is to be read besides.
    return dryRun ? junit : both(junit, chooseProgress({ ...flags, output: 'table' }, phases, environment, dryRun));
  }
  const colours = wantsColour(process.stderr, flags['no-color'], process.env);
  const movable = isTerminal(process.stderr, process.env);
  if (dryRun) {
    // What would be done is the result of a dry run, not its progress; as JSON it comes at the end, and stdout holds nothing else.
    const stream = flags.output === 'json' ? process.stderr : process.stdout;
    return plainProgress((text) => stream.write(text), { colours, verbose: flags.verbose });
  }
  // The tree folds what is done; whoever asked for more wants to read it all.
  if (movable && colours && !flags.verbose) return liveProgress(outlinePhases(phases, environment), process.stderr);
  return plainProgress((text) => process.stderr.write(text), { colours, verbose: flags.verbose });
}

function both(one: Progress, other: Progress): Progress {
  return {
    listener: (event) => {
      one.listener(event);
      other.listener(event);
    },
    close: async () => {
      await other.close();
      await one.close();
    },
  };
}
