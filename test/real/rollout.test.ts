import fs from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, expect, test, vi } from 'vitest';
import { systemClock } from '#adapters/clock.ts';
import { openRepository } from '#adapters/git/repository.ts';
import { createObserver } from '#adapters/observer.ts';
import { createPerformer } from '#adapters/performer.ts';
import { awaitChecks } from '#engine/wait.ts';
import { resolveEnvironment } from '#goals/environment.ts';
import { loadGoals } from '#goals/load.ts';
import { isApplied } from '#phases/applied.ts';
import { appOf, render } from '#phases/repository.ts';
import { object } from '#rehearsal/build.ts';
import { statusOf } from '#rehearsal/tree.ts';
import { unpolledClock } from '../adapters/support/clock.ts';
import { commitTimes } from './support/commit-times.ts';
import { readEndState, UNDISTURBED } from './support/end-state.ts';
import { needReal } from './support/needs.ts';
import { getObject, kubernetesOf, watchHandled } from './support/objects.ts';
import { appliedChanges, expectExit, newUser, type User, writeGoals } from './support/user.ts';

const cluster = needReal();
const real = cluster as NonNullable<typeof cluster>;
let user: User;

beforeAll(async () => {
  if (cluster === undefined) return;
  user = await newUser(cluster, 'ada');
  await writeGoals(user, cluster);
});

test('what init wrote is planned, and the plan goes through real parts up to what a person has to approve', async () => {
  const file = path.join(real.directory, 'plan.json');
  await user.read(['plan', '--out', file]);
  const ended = await user.run(['run', '--plan', file]);
  expectExit(ended, 3);
  expect(ended.events.flatMap((event) => (event.type === 'gate.waiting' ? [event.what] : []))).toEqual([
    'approval: Removal of claim airflow/airflow-logs',
  ]);
  expect(ended.events.at(-1)).toMatchObject({
    state: 'waiting',
    phases: [0, 1, 2, 3, 4].map((phase) => ({ phase, state: 'completed' })).concat([{ phase: 5, state: 'waiting' }]),
  });
  expect(ended.events.map(({ seq }) => seq)).toEqual(ended.events.map((_, index) => index + 1));
  for (const line of commitTimes(ended.events)) process.stderr.write(`  ${line}\n`);
  await fs.writeFile(UNDISTURBED, JSON.stringify(await readEndState(real, user)));
});

test('with the approvals it completes: a week of quiet is in the history of Prometheus', async () => {
  await user.approve('5.1', 'Removal of claim airflow/airflow-logs');
  await user.approve('6.1', 'Documentation reviewed and approved');
  await user.approve('6.2', 'Team training completed');
  const ended = await user.run(['resume']);
  expectExit(ended, 0);
  expect(ended.events.at(-1)).toMatchObject({ state: 'completed', exit: 0 });
});

test('a second run finds everything done and changes nothing, once Flux has applied the last commit', async () => {
  const tip = await user.git('ls-remote', 'origin', 'refs/heads/main');
  const isApplied = async () => {
    const alloy = await getObject(real, {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      namespace: 'flux-system',
      name: 'alloy',
    });
    return String(statusOf(alloy).lastAppliedRevision).endsWith(tip.split('\t')[0] as string);
  };
  await vi.waitUntil(isApplied, { timeout: 60_000 });
  const ended = await user.run(['run']);
  expectExit(ended, 0);
  expect(appliedChanges(ended)).toEqual([]);
});

test('Flux is followed from a commit to the verdict by watches alone, without a sleep of ours', async () => {
  const { environment } = resolveEnvironment(loadGoals(await fs.readFile(user.goalsFile, 'utf8'), user.goalsFile));
  const kubernetes = await kubernetesOf(real);
  const repository = await openRepository({ directory: user.checkout, remote: 'origin', branch: 'main' });
  const observer = createObserver({ kubernetes, repository, clock: unpolledClock() });
  const performer = createPerformer({ kubernetes, repository, clock: systemClock(), overwrite: false });
  const { signal } = new AbortController();
  const by = { run: 'watched', journal: 'none' };
  const watched = watchHandled(real, environment.gitops.source);

  const files = { 'kubernetes/apps/monitoring/loki/app/watched.yaml': render(object('v1', 'ConfigMap', 'monitoring/watched')) };
  await performer.perform({ do: 'commit', files, why: 'something to apply' }, by, signal);
  const committed = performance.now();
  await performer.perform({ do: 'reconcile', object: environment.gitops.source }, by, signal);
  const applied = isApplied(appOf(environment, 'loki'), environment);
  const clock = unpolledClock();
  const { ending } = await awaitChecks([applied], { observer, clock, signal, timeout: 60_000, onJudged: () => {} });
  const verdict = performance.now();
  expect(ending).toBe('met');
  const handled = await watched;
  process.stderr.write(
    `  from the commit: ${Math.round(handled - committed)} ms until the watch shows that Flux handled the request, ${Math.round(verdict - committed)} ms until the verdict\n`,
  );
  expect(handled).toBeLessThanOrEqual(verdict);
});
