import { join } from 'node:path';
import { openGoalsFile } from '#adapters/files.ts';
import { createScratch } from '#adapters/scratch.ts';
import { EXIT, type Exit } from '#model/errors.ts';
import { type EmbeddedCluster, startCluster } from '#rehearsal/cluster.ts';
import { adjustGoals, bringIn, injectFaults, type PlannedFault } from './faults.ts';
import { interruptSignal } from './interrupt.ts';
import { journalDirectory } from './journals.ts';
import { understandOwn } from './open-goals.ts';
import type { RunFlags } from './run-flags.ts';
import { runWired } from './run-rollout.ts';
import { wireWriting } from './wire.ts';

export interface Rehearsal {
  /** The text of the goals file to rehearse. */
  readonly goals: string;
  readonly faults: readonly PlannedFault[];
  /** The last phase to run; undefined: none, the cluster is only served. */
  readonly to: number | undefined;
  readonly serve: boolean;
}

/** Runs the rollout on an embedded cluster, in this process but over real HTTP, on a copy of the goals. */
export async function runRehearsal({ goals, faults, to, serve }: Rehearsal, flags: Omit<RunFlags, 'yes' | 'overwrite'>): Promise<Exit> {
  const scratch = await createScratch('anton-logging-rehearsal');
  const cluster = await startCluster({ directory: scratch.path, goals: adjustGoals(goals, faults) });
  let exit: Exit = EXIT.done;
  try {
    const kubeconfig = await scratch.write('kubeconfig', cluster.kubeconfig);
    const copy = join(cluster.checkout, 'goals', 'goals.json');
    // Whoever tries other commands on a served cluster wants to resume this run, too.
    const journals = serve ? journalDirectory() : join(scratch.path, 'runs');
    process.stderr.write(`Rehearsing on a copy of the goals: ${copy}\n`);
    if (to !== undefined) exit = await rehearse({ cluster, kubeconfig, copy, journals }, { faults, to }, flags);
    else for (const fault of faults) bringIn(fault, cluster.world);
    if (serve) await serveUntilInterrupted(cluster, kubeconfig);
    return exit;
  } finally {
    await cluster.stop();
    if (exit === EXIT.done && !serve) await scratch.remove();
    else process.stderr.write(`What the rehearsal left is in ${scratch.path}\n`);
    if (exit !== EXIT.done && !serve) process.stderr.write('To look around in such a cluster, add --serve\n');
  }
}

interface Stage {
  readonly cluster: EmbeddedCluster;
  readonly kubeconfig: string;
  readonly copy: string;
  readonly journals: string;
}

async function rehearse(
  { cluster, kubeconfig, copy, journals }: Stage,
  { faults, to }: { readonly faults: readonly PlannedFault[]; readonly to: number },
  flags: Omit<RunFlags, 'yes' | 'overwrite'>,
): Promise<Exit> {
  const goals = await understandOwn(openGoalsFile(copy));
  const around = { rehearsal: cluster.url, checkout: cluster.checkout };
  const wiring = await wireWriting({ kubeconfig, context: undefined }, goals.environment, false, around);
  const rollout = { goals, from: 0, to, apply: true, dryRun: false };
  return runWired(rollout, { ...flags, overwrite: false }, wiring, journals, { onEvent: injectFaults(faults, cluster.world) });
}

async function serveUntilInterrupted({ url, checkout }: EmbeddedCluster, kubeconfig: string): Promise<void> {
  process.stdout.write(`export KUBECONFIG=${kubeconfig}\nexport ANTON_LOGGING_REHEARSAL=${url}\ncd ${checkout}\n`);
  process.stderr.write('Serving until Ctrl-C: use these lines in another terminal.\n');
  const signal = interruptSignal();
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}
