import { spawn } from 'node:child_process';
import fs from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { connect } from '#adapters/kubernetes/connect.ts';
import { createRepository } from '#rehearsal/homelab/create-repository.ts';
import type { PartName, RealCluster } from './cluster.ts';
import { backfillHistory } from './history.ts';
import { furnish, installDefinitions } from './homelab.ts';
import { startKubeletFront } from './kubelet/front.ts';
import { startKubelet } from './kubelet/kubelet.ts';
import { prometheusHome, type RealContainer } from './kubelet/programs.ts';
import { S3, startCeph } from './parts/ceph.ts';
import { packCharts } from './parts/charts.ts';
import { startApiServer, startControllerManager, startEtcd, startScheduler } from './parts/control-plane.ts';
import { startFlux } from './parts/flux.ts';
import { FILES_PORT, startGitServer } from './parts/git-server.ts';
import { API_SERVER, makeKeys, writeKubeconfig } from './parts/keys.ts';
import { HOST, layNetwork } from './parts/network.ts';
import { startKwok } from './parts/nodes.ts';
import { createSurroundings, type Running } from './parts/part.ts';
import { relay } from './relay.ts';
import type { Stage } from './stage.ts';
import { startStandIns } from './stand-ins/index.ts';
import { mirrorWorld } from './stand-ins/mirror.ts';

/** Runs inside the namespaces that launch.ts made: brings everything up, runs the command, and ends; whatever it started ends with it. */
const stage = JSON.parse(await fs.readFile(process.argv[2] ?? '', 'utf8')) as Stage;
const { directory, session } = stage;
const tell = (line: string) => process.stderr.write(`${line}\n`);
const milliseconds: Partial<Record<PartName, number>> = {};

await layNetwork();
const keys = await makeKeys(directory);
const around = createSurroundings(directory, keys, (part) => stage.files[part] ?? '');
await note('etcd', startEtcd(around));
await note('kube-apiserver', startApiServer(around));
const kubeconfig = await writeKubeconfig(path.join(directory, 'kubeconfig'), API_SERVER, 'admin', keys.ca);
// Node reads the authority that it trusts at its start: this process asks by the product's own connection.
const kubernetes = await connect({ kubeconfig });
const url = `http://${HOST}:${FILES_PORT}`;
const repositories = path.join(directory, 'git');
await packCharts(path.join(directory, 'charts'), `${url}/charts`);
const began = performance.now();
await startGitServer(repositories, path.join(directory, 'charts'));
milliseconds.git = performance.now() - began;
await Promise.all([
  note('kube-controller-manager', startControllerManager(around)),
  note('kube-scheduler', startScheduler(around)),
  note('kwok', startKwok(around, !session.processes)),
  installDefinitions(kubernetes, stage.definitions),
  stage.debian === undefined ? undefined : startCeph(directory, stage.debian).then((took) => Object.assign(milliseconds, { ceph: took })),
  makeRepository(),
]);
const ending = new AbortController();
const world = await mirrorWorld(kubernetes, (what, error) => tell(`${what}: ${(error as Error).message}`), ending.signal);
const programs = {
  directory,
  loki: stage.files.loki,
  debian: stage.debian,
  onReady: (container: RealContainer, took: number) => {
    milliseconds[container] ??= took;
  },
};
if (session.processes) await startKubelet(kubernetes, world, programs, ending.signal);
await startKubeletFront(directory, keys, world);
await Promise.all(
  (['source-controller', 'kustomize-controller', 'helm-controller'] as const)
    .filter((name) => stage.missing[name] === undefined)
    .map((name) => note(name, startFlux(around, name))),
);
const isWhole = session.homelab === 'whole';
if (session.history && stage.debian !== undefined)
  await backfillHistory(path.join(stage.debian, 'usr/bin/promtool'), path.join(prometheusHome(directory), 'data'));
if (isWhole)
  await startStandIns({ world, directory, s3: S3, prometheus: { configDirectory: prometheusHome(directory) }, signal: ending.signal });
await furnish(kubernetes, session.lab, `${url}/git/fleet.git`, `${url}/charts`, isWhole);

const cluster: RealCluster = {
  server: API_SERVER,
  kubeconfig,
  git: `${url}/git`,
  repositories,
  charts: `${url}/charts`,
  s3: S3,
  directory,
};
if (session.relay) await relay(directory, { 'api.sock': ['127.0.0.1', 6443], 'git.sock': [HOST, FILES_PORT] });
process.exitCode = await run(stage.command);
await fs.writeFile(path.join(directory, 'started.json'), JSON.stringify(milliseconds));
ending.abort();
process.exit();

async function note(part: PartName, starting: Promise<Running>): Promise<void> {
  milliseconds[part] = (await starting).milliseconds;
}

/** A checkout that knows the repository by HTTP, as the ones of users do. */
async function makeRepository(): Promise<void> {
  const bare = path.join(repositories, 'fleet.git');
  const checkout = path.join(directory, 'checkout');
  await fs.mkdir(repositories, { recursive: true });
  await createRepository(bare, checkout);
  await execa('git', ['-C', bare, 'config', 'http.receivepack', 'true']);
  await execa('git', ['-C', checkout, 'remote', 'set-url', 'origin', `${url}/git/fleet.git`]);
}

/** @returns its exit code */
function run(command: readonly string[]): Promise<number> {
  const [file = '', ...args] = command;
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: keys.ca, ANTON_LOGGING_REAL: JSON.stringify({ cluster, missing: stage.missing }) };
  const child = spawn(file, args, { stdio: 'inherit', env });
  // The terminal's Ctrl-C reaches the child as well: it ends first.
  process.on('SIGINT', () => {});
  return new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 1)));
}
