import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { Manifest } from '#model/kubernetes.ts';
import { specOf, statusOf, type Tree } from '#rehearsal/tree.ts';
import { type Asked, describeGrant, grantsOf, isUsed, readAudit } from './support/audit.ts';
import { listObjects } from './support/bucket.ts';
import { needReal } from './support/needs.ts';
import { applyObject, getObject } from './support/objects.ts';
import { appliedChanges, type Ended, editGoals, expectExit, newUser, type User, writeGoals } from './support/user.ts';

const cluster = needReal();
const real = cluster as NonNullable<typeof cluster>;
/** Whom nothing is allowed but what `doctor --role` prints; also their token. */
const ENGINEER = 'platform-engineer';
const RELEASE = { apiVersion: 'helm.toolkit.fluxcd.io/v2', kind: 'HelmRelease', namespace: 'logging', name: 'loki' };
const RUNNERS = 20;
/** Milliseconds after its renewal in which a Lease is over, and a little more. */
const LEASE_TIME = 31_000;
/** Charts, Loki, Alloy, what is asked of the retention, documents: an upgrade of both touches all but the readiness. */
const UPGRADED = ['completed', 'in_progress', 'in_progress', 'in_progress', 'in_progress', 'in_progress', 'in_progress'];
let user: User;
let roles: readonly Manifest[];

/** Everything that can be called otherwise is: namespaces, bucket, object store, chart versions; and a short soak. */
function settings(environment: Tree): void {
  environment.loki = { ...environment.loki, namespace: 'logging', chart: { ...environment.loki.chart, version: '18.10.2' } };
  environment.alloy = { ...environment.alloy, namespace: 'collectors', chart: { ...environment.alloy.chart, version: '1.11.0' } };
  environment.storage = {
    bucket: { name: 'team-logs', from: 'object-bucket-claim' },
    rook: { namespace: 'rook-ceph', cluster: 'storage', objectStore: 'team' },
  };
  environment.airflow = { archive: { bucket: 'team-airflow' } };
  environment.gates = { soak: '2m', decommission: '10s' };
}

/** What anybody changes one day. */
function upgrade({ loki, alloy }: Tree): void {
  loki.chart.version = '18.11.0';
  loki.retention = '45d';
  loki.values.loki.limits_config = { per_stream_rate_limit: '5MB' };
  alloy.chart.version = '1.11.1';
}

beforeAll(async () => {
  if (cluster === undefined) return;
  // To survey a cluster takes more rights than to roll out onto it.
  await writeGoals(await newUser(cluster, 'linus'), cluster, settings);
  user = await newUser(cluster, 'grace', ENGINEER);
  roles = parseAllDocuments(await user.read(['doctor', '--role', '--subject', `User:${ENGINEER}`])).map((each) => each.toJS());
  for (const role of roles) await applyObject(cluster, role);
  await user.approve('5.1', 'Removal of claim airflow/airflow-logs');
  await user.approve('6.1', 'Documentation reviewed and approved');
  await user.approve('6.2', 'Team training completed');
});

test('other namespaces, bucket, object store and chart versions: the environment says it, and the rollout completes', async () => {
  let ended = await user.run(['run', '--plan', await savePlan()]);
  // Only the two minutes of quiet may be missing: they are real ones here.
  const until = soakEnds(ended);
  if (until !== undefined) {
    await sleep(Math.min(180_000, Math.max(0, until - Date.now())));
    ended = await user.run(['resume']);
  }
  expectExit(ended, 0);
  const release = await getObject(real, RELEASE);
  expect(specOf(release).chartRef).toEqual({ kind: 'HelmChart', name: 'loki' });
  expect(statusOf(release).history[0].chartVersion).toBe('18.10.2');
  expect((await listObjects(real.s3, 'team-logs')).some((key) => key.startsWith('fake/'))).toBe(true);
});

/** The first one is of before somebody else's commit. */
async function savePlan(): Promise<string> {
  const file = path.join(real.directory, 'plan.json');
  await user.read(['plan', '--out', file]);
  await user.git('commit', '--quiet', '--allow-empty', '--message', 'Nothing to do with logging');
  await user.git('push', '--quiet', 'origin', 'HEAD:main');
  const refused = await user.run(['run', '--plan', file]);
  expect(refused).toMatchObject({ exit: 2, stderr: expect.stringContaining('by grace came to main: Nothing to do with logging') });
  await user.read(['plan', '--out', file]);
  return file;
}

test('what was rolled out holds, and nobody has changed it since', async () => {
  const { regressions, drift, unseen } = JSON.parse(await user.read(['verify', '--output', 'json']));
  expect({ regressions, drift, unseen }).toEqual({ regressions: [], drift: [], unseen: [] });
});

test('an upgrade is planned, begun, stopped past its Lease, and finished by somebody else: the stopped run writes nothing any more', async () => {
  await editGoals(user, upgrade);
  await user.git('add', '--all');
  await user.git('commit', '--quiet', '--message', 'Newer charts, longer retention');
  await user.git('pull', '--quiet', '--rebase', 'origin', 'main');
  await user.git('push', '--quiet', 'origin', 'HEAD:main');
  const { phases } = JSON.parse(await user.read(['status', '--output', 'json']));
  expect(phases.map(({ status }: Tree) => status)).toEqual([...UPGRADED]);
  const other = await newUser(real, 'ada');

  let send: (signal: NodeJS.Signals) => void = () => {};
  const begun = Promise.withResolvers<void>();
  const first = user.run(['run'], (event, signal) => {
    if (event.type !== 'change.applied') return;
    send = signal;
    send('SIGSTOP');
    begun.resolve();
  });
  await Promise.race([begun.promise, first]);
  const { holder } = JSON.parse(await user.read(['status', '--output', 'json']));
  expect(holder).toMatchObject({ state: 'alive', phase: '1' });
  const refused = await other.run(['run']);
  expect(refused.exit).toBe(4);
  expect(refused.events.at(-1)).toMatchObject({ state: 'refused', summary: expect.stringContaining(`(run ${holder.run}, phase 1)`) });
  await sleep(Math.max(0, Date.parse(holder.renewed) + LEASE_TIME - Date.now()));

  // Twenty at once: who gets the Lease first goes on, and the others are told who that is.
  const twenty = Array.from({ length: RUNNERS }, () => other.run(['run']));
  const ended = await Promise.all(twenty);
  const winner = ended.filter(({ exit }) => exit !== 4);
  expect(winner).toHaveLength(1);
  const [finished] = winner as [Ended];
  // Loki has restarted: two minutes of quiet begin anew.
  const gates = finished.events.flatMap((event) => (event.type === 'gate.waiting' ? [event.what] : []));
  expectExit(finished, gates.length === 0 ? 0 : 3);
  expect(gates.filter((what) => !what.startsWith('Logging is stable for 2m'))).toEqual([]);
  const run = finished.events[0]?.run;
  for (const { events } of ended.filter(({ exit }) => exit === 4)) {
    expect(events.at(-1)).toMatchObject({ summary: expect.stringContaining(`(run ${run}`) });
    expect(appliedChanges({ events })).toEqual([]);
  }

  const before = (await readAudit(real, ENGINEER)).filter(isWrite).length;
  send('SIGCONT');
  const resumed = await first;
  expect(resumed.exit).toBe(4);
  expect(resumed.events.some(({ type }) => type === 'lock.lost')).toBe(true);
  expect((await readAudit(real, ENGINEER)).filter(isWrite)).toHaveLength(before);
  await user.git('fetch', '--quiet', 'origin');
  expect(await user.git('log', '--format=%an', `--grep=${holder.run}`, 'origin/main')).toBe('grace');

  const release = await getObject(real, RELEASE);
  expect(statusOf(release).history[0]).toMatchObject({ chartVersion: '18.11.0', status: 'deployed' });
  expect(specOf(release).values.loki.limits_config).toMatchObject({ retention_period: '45d', per_stream_rate_limit: '5MB' });
  const { regressions, drift } = JSON.parse(await other.read(['verify', '--output', 'json']));
  expect({ regressions, drift }).toEqual({ regressions: [], drift: [] });
});

test('it took no right that the printed roles do not grant, and they grant none that was not used', async () => {
  const asked = await readAudit(real, ENGINEER);
  const grants = grantsOf(roles);
  const unused = grants.filter((grant) => !isUsed(grant, asked)).map(describeGrant);
  process.stderr.write(`  rules used/granted: ${grants.length - unused.length}/${grants.length}\n`);
  expect(asked.filter(({ allowed }) => !allowed).map(describeGrant)).toEqual([]);
  expect(unused.filter((grant) => !UNUSED.some((each) => each.test(grant)))).toEqual([]);
});

/** The Lease is a run's own business: taking it back is refused with a conflict. */
function isWrite({ verb, resource }: Asked): boolean {
  return !['get', 'list', 'watch'].includes(verb) && resource !== 'leases' && !resource.startsWith('selfsubject');
}

/** What a rollout that nothing goes wrong in is not seen to need. */
const UNUSED: readonly RegExp[] = [
  // A check that is met at once is not followed.
  /^watch /,
  /^list (services in monitoring|cephclusters\.ceph\.rook\.io in rook-ceph)$/,
  // Only for what is red a cause is looked for.
  /^get pods\/log$/,
  /^get kustomizations\.kustomize\.toolkit\.fluxcd\.io cluster-apps in flux-system$/,
  /^list (events|daemonsets\.apps|persistentvolumeclaims) in /,
  // Whoever applies what is not there yet has to be allowed to create it, and is noted as patching.
  /^create (pods|jobs\.batch) in /,
];

function soakEnds({ exit, events }: Ended): number | undefined {
  const soak = events.findLast((event) => event.type === 'gate.waiting' && event.kind === 'soak');
  return exit === 3 && soak?.type === 'gate.waiting' && soak.until !== undefined ? Date.parse(soak.until) : undefined;
}
