import { systemClock } from '#adapters/clock.ts';
import { openRepository, type Repository } from '#adapters/git/repository.ts';
import { gitVersion } from '#adapters/git/run.ts';
import { createAccessReviewer } from '#adapters/kubernetes/access.ts';
import { loadConfig, placeOf } from '#adapters/kubernetes/config.ts';
import { readGit } from '#adapters/observer.ts';
import { clockAgrees, versionIsSupported } from '#checks/cluster.ts';
import { judgeGit, judgeNode, OLDEST_GIT } from '#checks/tools.ts';
import { isStanding } from '#engine/evidence.ts';
import { Examining, judgeNeed } from '#engine/examination.ts';
import { judgeRound, type Look, lookOnce } from '#engine/judge.ts';
import { describePermission, distinct } from '#engine/permissions.ts';
import { distinctValidations } from '#engine/validations.ts';
import { skippedDeliverables } from '#goals/catalogue.ts';
import { type Check, isCheck } from '#model/check.ts';
import type { Examination, ExaminedThing } from '#model/examination.ts';
import type { Read } from '#model/read.ts';
import { met } from '#model/verdict.ts';
import { installedFor } from '#phases/installed.ts';
import { interruptSignal } from './interrupt.ts';
import { matchedPhases, needsOf } from './needs.ts';
import { type OwnGoals, openOwnGoals } from './open-goals.ts';
import { type ClusterFlags, type Looking, wireCluster } from './wire.ts';

type ExamineFlags = ClusterFlags & { readonly goals: string | undefined; readonly repair: boolean };

/**
 * Looks at everything that the rollout builds on, from the outside in, and tells of each thing how it is. What a missing one hides is left
 * out: without goals nobody knows what to look for, and without an API server only tools and repository can be seen.
 * @param engines the Nodes that this program is made for, as package.json has it
 */
export async function examine(flags: ExamineFlags, engines: string): Promise<Examination> {
  const seen = new Examining();
  const directory = process.cwd();
  seen.tell({ part: 'tools', id: 'tools.node', title: 'Node is of a supported version' }, judgeNode(process.version, engines));
  await seen.attempt({ part: 'tools', id: 'tools.git', title: `git is at least ${OLDEST_GIT}` }, () => gitVersion(directory), judgeGit);
  const goals = await seen.attempt(
    { part: 'goals', id: 'goals.load', title: 'The goals can be loaded' },
    () => openOwnGoals(flags),
    tellGoals,
  );
  const looking = await connectTo(flags, seen);
  const clock = looking?.clock ?? systemClock();
  const repository = goals === undefined ? undefined : await openCheckout(goals, directory, seen);
  await judgeChecks(goals, looking, repository, clock.now(), seen);
  if (goals !== undefined && looking !== undefined) await askPermissions(goals, flags, looking, seen);
  interruptSignal().throwIfAborted();
  return seen.finish(clock.now(), goals === undefined ? [] : skippedOf(goals));
}

function tellGoals({ file, warnings }: OwnGoals) {
  return met(warnings.length === 0 ? file.path : `${file.path}, with ${warnings.length} warnings: anton-logging goals validate lists them`);
}

async function connectTo(flags: ClusterFlags, seen: Examining): Promise<Looking | undefined> {
  const { kubeconfig, context } = flags;
  const options = { ...(kubeconfig === undefined ? {} : { kubeconfig }), ...(context === undefined ? {} : { context }) };
  const access = await seen.attempt(
    { part: 'cluster', id: 'cluster.kubeconfig', title: 'The kubeconfig names a cluster' },
    async () => loadConfig(options),
    ({ contextName, server }) => met(`context ${contextName} of ${placeOf(options)} leads to ${server.origin}`),
  );
  if (access === undefined) return undefined;
  const answers = { part: 'cluster', id: 'cluster.answers', title: 'The API server answers' } as const;
  return seen.attempt(
    answers,
    () => wireCluster(flags),
    ({ cluster, rehearsal }) => met(`${cluster}${rehearsal ? ', a rehearsal' : ''}`),
  );
}

function openCheckout({ environment: { gitops } }: OwnGoals, directory: string, seen: Examining): Promise<Repository | undefined> {
  const { remote, branch, delivery } = gitops;
  return seen.attempt(
    { part: 'repository', id: 'git.checkout', title: `Here is a checkout with the remote ${remote}` },
    () => openRepository({ directory, remote, branch, delivery }),
    () => met(`branch ${branch} of ${remote}, by way of ${directory}`),
  );
}

/** Phase 0's, and those that only a later phase would find out. */
async function judgeChecks(
  goals: OwnGoals | undefined,
  looking: Looking | undefined,
  repository: Repository | undefined,
  now: Date,
  seen: Examining,
): Promise<void> {
  const all = [
    versionIsSupported,
    clockAgrees,
    ...(goals === undefined ? [] : [...readinessOf(goals), ...installedFor(goals.environment)]),
  ];
  const checks = [...new Map(all.map((check) => [check.id, check])).values()].filter((check) =>
    requestsOf(check).every((of) => (of === 'git' ? repository : looking) !== undefined),
  );
  const outcomes = await judgeRound(checks, lookWith(looking, repository), now);
  for (const check of checks) {
    const outcome = outcomes.get(check.id);
    if (outcome !== undefined) seen.tell({ part: partOf(check), id: check.id, title: check.title }, outcome);
  }
}

function skippedOf(goals: OwnGoals): Examination['skipped'] {
  const objectives = matchedPhases(goals).flatMap((phase) => phase.objectives);
  return objectives.flatMap((objective) => {
    const { id, name, skipped: reason } = objective;
    const all = reason === undefined ? skippedDeliverables(objective) : [{ title: name, reason }];
    return all.map((one) => ({ ...one, title: `${id} ${one.title}` }));
  });
}

/** What held on entry only need not hold any more. */
function readinessOf(goals: OwnGoals): readonly Check[] {
  const objectives = matchedPhases(goals)
    .filter(({ number }) => number === 0)
    .flatMap((phase) => phase.objectives);
  return objectives
    .filter(({ skipped }) => skipped === undefined)
    .flatMap((objective) =>
      distinctValidations(objective).filter((one): one is Check => isCheck(one) && isStanding(one, objective.evidence)),
    );
}

function requestsOf({ reads }: Check): readonly string[] {
  return Object.values(reads as Record<string, Read<unknown>>).map(({ request }) => request.of);
}

function partOf(check: Check): ExaminedThing['part'] {
  const requests = requestsOf(check);
  if (requests.length === 0) return 'goals';
  if (requests.every((of) => of === 'git')) return 'repository';
  return check.id.startsWith('cluster.') ? 'cluster' : 'installed';
}

/** Git can be asked without a cluster. */
function lookWith(looking: Looking | undefined, repository: Repository | undefined): Look {
  return lookOnce(
    {
      read: async (request, signal) => {
        if (request.of === 'git') return readGit(repository, request, signal);
        if (looking === undefined) throw new Error('a check of the cluster was judged without one');
        return looking.observer.read(request, signal);
      },
      watch: () => {},
    },
    interruptSignal(),
  );
}

async function askPermissions(goals: OwnGoals, { repair }: ExamineFlags, { kubernetes }: Looking, seen: Examining): Promise<void> {
  const needs = needsOf(goals, repair);
  const all = distinct(needs.flatMap(({ permissions }) => permissions));
  const asked = { part: 'permissions', id: 'permissions.review', title: 'The API server tells what is allowed' } as const;
  const denied = await seen.attempt(
    asked,
    () => createAccessReviewer(kubernetes).denied(all, interruptSignal()),
    () => met(`${all.length} permissions asked for`),
  );
  if (denied === undefined) return;
  const names = new Set(denied.map(describePermission));
  for (const need of needs)
    seen.tell(
      { part: 'permissions', id: `permissions.${need.id}`, title: `Permissions of ${need.of}` },
      judgeNeed(need, names, toGrant(repair)),
    );
}

function toGrant(repair: boolean): string {
  const whoami = `$(kubectl auth whoami -o jsonpath='{.status.userInfo.username}')`;
  return `anton-logging doctor --role${repair ? ' --repair' : ''} --subject "User:${whoami}" > role.yaml, and have it applied by somebody who may grant it: kubectl apply -f role.yaml`;
}
