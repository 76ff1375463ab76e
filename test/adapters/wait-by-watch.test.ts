import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { systemClock } from '#adapters/clock.ts';
import { openRepository } from '#adapters/git/repository.ts';
import { connect } from '#adapters/kubernetes/connect.ts';
import { createObserver } from '#adapters/observer.ts';
import { createPerformer } from '#adapters/performer.ts';
import { releaseIsReady } from '#checks/releases.ts';
import { awaitChecks } from '#engine/wait.ts';
import type { Change } from '#model/change.ts';
import type { Check } from '#model/check.ts';
import type { Phase } from '#model/phase.ts';
import type { Observer, Performer } from '#model/ports.ts';
import phase1 from '#phases/1-infrastructure/phase.ts';
import phase2 from '#phases/2-loki/phase.ts';
import { isApplied } from '#phases/applied.ts';
import { releaseRef } from '#phases/release.ts';
import { appOf } from '#phases/repository.ts';
import { type EmbeddedCluster, startCluster } from '#rehearsal/cluster.ts';
import { environmentWith } from '../phases/environments.ts';
import { unpolledClock } from './support/clock.ts';

const unpolled = unpolledClock();
const { signal } = new AbortController();
const environment = environmentWith({});
const { namespace, name, chart } = environment.loki;

let directory: string;
let cluster: EmbeddedCluster;
let observer: Observer;
let performer: Performer;

beforeAll(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'anton-logging-test-'));
  cluster = await startCluster({ directory });
  const kubeconfig = path.join(directory, 'kubeconfig');
  await writeFile(kubeconfig, cluster.kubeconfig);
  const kubernetes = await connect({ kubeconfig });
  const repository = await openRepository({ directory: cluster.checkout, remote: 'origin', branch: 'main' });
  observer = createObserver({ kubernetes, repository, clock: unpolled });
  performer = createPerformer({ kubernetes, repository, clock: systemClock(), overwrite: false });
});

afterAll(async () => {
  await cluster.stop();
  await rm(directory, { recursive: true, force: true });
});

test('Flux is followed from the commit to the release by watches alone', async () => {
  const looks: string[] = [];
  const onJudged = ({ id }: Check, { state }: { state: string }) => looks.push(`${id} ${state}`);
  const wait = (...checks: Check[]) => awaitChecks(checks, { observer, clock: unpolled, signal, timeout: 60_000, onJudged });
  const applied = isApplied(appOf(environment, 'loki'), environment);
  const ready = releaseIsReady('loki.release-ready', releaseRef(namespace, name), chart.version, applied.id, environment.gitops.source);

  // It is looked at before the commit: what comes after that, something woke.
  const waitingForPhase1 = wait(applied);
  await vi.waitUntil(() => looks.includes(`${applied.id} pending`));
  await deliver(phase1);
  expect((await waitingForPhase1).ending).toBe('met');
  expect(looks.at(-1)).toBe(`${applied.id} met`);

  looks.length = 0;
  const waitingForPhase2 = wait(applied, ready);
  await vi.waitUntil(() => looks.includes(`${ready.id} pending`));
  await deliver(phase2);
  expect((await waitingForPhase2).ending).toBe('met');
  expect(looks.at(-1)).toBe(`${ready.id} met`);
});

/** Everything that the phase commits, and the request to fetch it. */
async function deliver(phase: Phase): Promise<void> {
  const steps = phase.for(environment).objectives.flatMap((objective) => objective.steps ?? []);
  const changes = steps.filter((step): step is Change => step.do === 'commit' || step.do === 'reconcile');
  for (const change of changes) await performer.perform(change, { run: 'run-1', journal: 'abc' }, signal);
}
