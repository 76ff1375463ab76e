import { type VerifyRequest, verifyRollout } from '#engine/verify.ts';
import type { Exit } from '#model/errors.ts';
import { verificationJunit } from '#ui/junit.ts';
import { plainProgress } from '#ui/plain.ts';
import { verificationText } from '#ui/verification.ts';
import { catalogueFor } from './catalogue.ts';
import { interruptSignal } from './interrupt.ts';
import type { OwnGoals } from './open-goals.ts';
import { NO_JOURNAL, newRunId } from './run-rollout.ts';
import { wantsColour } from './terminal.ts';
import { type ClusterFlags, wireWriting } from './wire.ts';

type VerifyFlags = ClusterFlags & {
  readonly output: string;
  readonly colours: boolean;
  readonly 'no-color': boolean;
  readonly verbose: boolean;
};

/** Verifies the goals against the cluster that the flags name, and prints what was seen. */
export async function verifyGoals(goals: OwnGoals, request: Omit<VerifyRequest, 'run'>, flags: VerifyFlags): Promise<Exit> {
  const { environment, file } = goals;
  const wiring = await wireWriting(flags, environment, false);
  const context = { ...wiring, ...catalogueFor(environment), environment, goalsFile: file, signal: interruptSignal() };
  // Only probes tell of anything on their way.
  const progress = plainProgress((text) => process.stderr.write(text), {
    colours: wantsColour(process.stderr, flags['no-color'], process.env),
    verbose: flags.verbose,
  });
  const seen = await verifyRollout({ ...context, journal: NO_JOURNAL, listeners: [progress.listener] }, { ...request, run: newRunId() });
  if (flags.output === 'json') process.stdout.write(`${JSON.stringify(seen, undefined, 2)}\n`);
  else if (flags.output === 'junit') process.stdout.write(verificationJunit(seen));
  else process.stdout.write(`${verificationText(seen, flags.colours)}\n`);
  return seen.exit;
}
