import { join, resolve } from 'node:path';
import { createGoalsFile, refuseExisting } from '#adapters/files.ts';
import { findCheckout } from '#adapters/git/checkout.ts';
import { openRepository } from '#adapters/git/repository.ts';
import { createObserver } from '#adapters/observer.ts';
import { readCluster, readKeys, readRepository } from '#checks/survey.ts';
import { lookOnce, readAll } from '#engine/judge.ts';
import { draftGoals } from '#goals/draft/draft.ts';
import type { Finding } from '#goals/draft/finding.ts';
import { fluxNamespace } from '#goals/draft/gitops.ts';
import { chooseGrafana } from '#goals/draft/monitoring.ts';
import { findSource } from '#goals/draft/source.ts';
import { resolveEnvironment } from '#goals/environment.ts';
import { loadGoals } from '#goals/load.ts';
import { EXIT, UserError } from '#model/errors.ts';
import type { Observer } from '#model/ports.ts';
import type { Reads, Seen } from '#model/read.ts';
import type { Survey, SurveyedCluster } from '#model/survey.ts';
import schema from '../../../goals/goals.schema.json' with { type: 'json' };
import { interruptSignal } from './interrupt.ts';
import { type ClusterFlags, surroundings, wireCluster } from './wire.ts';

type InitFlags = ClusterFlags & { readonly goals: string | undefined };

/**
 * Looks, drafts, and writes the goals file.
 * @throws UserError when there is one already, when something could not be seen (exit 7), or when nothing can be rolled out (exit 5)
 */
export async function initGoals(flags: InitFlags): Promise<{ readonly file: string; readonly findings: readonly Finding[] }> {
  const { checkout: directory } = surroundings();
  const { top, remotes } = await findCheckout(directory);
  const named = flags.goals ?? process.env.ANTON_LOGGING_GOALS;
  const file = named === undefined || named === '' ? join(top, 'goals', 'goals.json') : resolve(directory, named);
  refuseExisting(file);
  const { text, findings } = draftGoals(await survey(flags, directory, remotes));
  // What was seen may be of a form that goals don't take: rather no file than one that can't be loaded.
  resolveEnvironment(loadGoals(text, file));
  await createGoalsFile(file, text, `${JSON.stringify(schema, undefined, 2)}\n`);
  return { file, findings };
}

async function survey(flags: ClusterFlags, directory: string, remotes: Survey['remotes']): Promise<Survey> {
  const { kubernetes, clock, observer } = await wireCluster(flags);
  const { deployments, statefulSets, ...rest } = await see(observer, readCluster());
  const cluster: SurveyedCluster = { ...rest, workloads: [...deployments, ...statefulSets] };
  const { remote, branch } = findSource({ cluster, remotes }, fluxNamespace({ cluster }).value);
  const repository = await openRepository({ directory, remote, branch });
  const { files } = await see(createObserver({ kubernetes, clock, repository }), { files: readRepository() });
  return { remotes, files, cluster, grafanaKeys: await seeKeys(observer, cluster) };
}

/** A login that may not be looked at is a guess, and no reason to write nothing. */
async function seeKeys(observer: Observer, cluster: SurveyedCluster): Promise<Survey['grafanaKeys']> {
  const grafana = chooseGrafana(cluster)?.chosen;
  if (grafana === undefined) return undefined;
  const seen = await readAll({ keys: readKeys(grafana.namespace, grafana.name) }, lookOnce(observer, interruptSignal()));
  return 'state' in seen ? undefined : (seen.values.keys as Survey['grafanaKeys']);
}

/** @throws UserError (exit 7) when one of the reads can't be told */
async function see<R extends Reads>(observer: Observer, reads: R): Promise<Seen<R>> {
  const seen = await readAll(reads, lookOnce(observer, interruptSignal()));
  if (!('state' in seen)) return seen.values as Seen<R>;
  throw new UserError(
    `${seen.saw}, so that goals for this cluster would be guesswork: ${seen.cause.join('; ')}`,
    'let this kubeconfig list that (init writes nothing into the cluster), or choose another --context',
    EXIT.unknown,
  );
}
