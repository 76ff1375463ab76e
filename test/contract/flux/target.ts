import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, inject, vi } from 'vitest';
import { stringify } from 'yaml';
import { systemClock } from '#adapters/clock.ts';
import { connect, type Kubernetes } from '#adapters/kubernetes/connect.ts';
import { readObject } from '#adapters/kubernetes/read.ts';
import { applyObject, requestReconcile } from '#adapters/kubernetes/write.ts';
import type { Manifest, ObjectRef } from '#model/kubernetes.ts';
import { startCluster } from '#rehearsal/cluster.ts';
import type { PartName, RealCluster } from '#test/real/cluster.ts';
import { skipWithout } from '#test/real/support/needs.ts';
import { moveClock } from '#test/rehearsal/clock.ts';
import { apiVersionOf } from '#test/rehearsal/kinds.ts';

/** Flux, a namespace in which nothing is yet, and a Git repository of its own. */
export interface FluxTarget {
  readonly namespace: string;
  /** Where the GitRepository finds the repository. */
  readonly repository: string;
  /** URLs of the Helm repositories that serve chart loki 18.11.0 and chart alloy 1.11.1. */
  readonly charts: { readonly loki: string; readonly alloy: string };
  /** Commits manifests, or texts as they are; null takes a file out. Gives the commit. */
  commit(files: Files): Promise<string>;
  /** Commits, and has the GitRepository `repository` fetch it. Gives its revision. */
  push(files: Files): Promise<string>;
  /** Makes an object, or changes it, as kubectl would. */
  apply(kind: string, name: string, body: object): Promise<void>;
  /** Asks Flux to look now, in the product's way, and to begin anew if `reset`. Gives the token. */
  ask(kind: string, name: string, reset?: true): Promise<string>;
  /** Lets so many milliseconds pass where the clock is ours; elsewhere they pass by themselves. */
  passTime(milliseconds: number): void;
  get(kind: string, name: string): Promise<Tree>;
  /** Waits until the object is as described, at most for so many milliseconds, and gives it. */
  until(kind: string, name: string, description: object, patience?: number): Promise<Tree>;
}

type Files = Readonly<Record<string, string | object | readonly object[] | null>>;
// biome-ignore lint/suspicious/noExplicitAny: an object as the API server sent it, for assertions only
type Tree = any;

/** What both kinds of target have to bring along. */
interface Place {
  readonly kubeconfig: string;
  /** An empty bare repository on the disk, and its URL for Flux. */
  readonly bare: string;
  readonly repository: string;
  readonly charts: FluxTarget['charts'];
  passTime: FluxTarget['passTime'];
  stop(): Promise<void>;
}

const PARTS: readonly PartName[] = ['kube-apiserver', 'source-controller', 'kustomize-controller', 'helm-controller', 'git', 'charts'];
const signal = new AbortController().signal;

/** The contract: what Flux does. The embedded one in `npm test`, the real controllers in `npm run test:real`. */
export function useFlux(): FluxTarget {
  // Real controllers look again after some seconds.
  vi.setConfig({ testTimeout: 60_000 });
  const directory = mkdtemp(join(tmpdir(), 'flux-'));
  const namespace = `flux-${randomUUID().slice(0, 8)}`;
  const isSkipped = skipWithout(PARTS);
  let place: Place;
  let kubernetes: Kubernetes;
  let checkout: string;

  const real = inject('realCluster');
  beforeAll(async () => {
    if (isSkipped) return;
    place = real === undefined ? await startEmbedded(await directory) : await placeInReal(real, namespace);
    kubernetes = await connect({ kubeconfig: place.kubeconfig });
    checkout = join(await directory, 'clone');
    await git(await directory, 'clone', '--quiet', place.bare, checkout);
    await send('v1', 'Namespace', namespace, {});
  }, 60_000);
  afterAll(async () => {
    // Flux would go on trying in vain.
    if (real !== undefined && !isSkipped) await kubernetes.request('DELETE', `/api/v1/namespaces/${namespace}`);
    await place?.stop();
    await rm(await directory, { recursive: true, force: true });
  });

  function ref(kind: string, name: string): ObjectRef {
    return { apiVersion: apiVersionOf(kind), kind, name, namespace };
  }

  async function send(apiVersion: string, kind: string, name: string, body: object): Promise<void> {
    const metadata = kind === 'Namespace' ? { name } : { name, namespace };
    await applyObject(kubernetes, systemClock(), { apiVersion, kind, metadata, ...body } as Manifest, signal);
  }

  const target: FluxTarget = {
    namespace,
    get repository() {
      return place.repository;
    },
    get charts() {
      return place.charts;
    },
    async commit(files) {
      for (const [path, content] of Object.entries(files)) {
        const file = join(checkout, path);
        await mkdir(dirname(file), { recursive: true });
        if (content === null) await rm(file);
        else await writeFile(file, toText(content));
      }
      await git(checkout, 'add', '--all');
      await git(
        checkout,
        '-c',
        'user.name=contract',
        '-c',
        'user.email=contract@example.org',
        'commit',
        '--quiet',
        '--message',
        'contract',
      );
      await git(checkout, 'push', '--quiet', 'origin', 'HEAD:main');
      return git(checkout, 'rev-parse', 'HEAD');
    },
    async push(files) {
      const revision = `main@sha1:${await target.commit(files)}`;
      const spec = { interval: '1h', url: place.repository, ref: { branch: 'main' } };
      await target.apply('GitRepository', 'repository', { spec });
      await target.ask('GitRepository', 'repository');
      await target.until('GitRepository', 'repository', { status: { artifact: { revision } } });
      return revision;
    },
    apply: (kind, name, body) => send(apiVersionOf(kind), kind, name, body),
    passTime: (milliseconds) => place.passTime(milliseconds),
    async ask(kind, name, reset) {
      const token = randomUUID();
      await requestReconcile(kubernetes, { do: 'reconcile', object: ref(kind, name), ...(reset && { reset }) }, token, signal);
      return token;
    },
    get: async (kind, name) => (await readObject(kubernetes, ref(kind, name))).object,
    async until(kind, name, description, patience = 30_000) {
      let seen: Tree;
      const look = async () => {
        seen = await target.get(kind, name);
        return seen;
      };
      await expect.poll(look, { timeout: patience, interval: 100 }).toMatchObject(description);
      return seen;
    },
  };
  return target;
}

async function startEmbedded(directory: string): Promise<Place> {
  const { world, stop, kubeconfig: text } = await startCluster({ directory });
  const bare = await makeBare(directory, 'contract');
  const kubeconfig = join(directory, 'kubeconfig');
  await writeFile(kubeconfig, text);
  const charts = { loki: 'https://grafana-community.github.io/helm-charts', alloy: 'https://grafana.github.io/helm-charts' };
  return { kubeconfig, bare, repository: bare, charts, passTime: (milliseconds) => moveClock(world, milliseconds), stop };
}

async function placeInReal({ kubeconfig, repositories, git: url, charts }: RealCluster, name: string): Promise<Place> {
  const bare = await makeBare(repositories, name);
  const nothing = () => undefined;
  return {
    kubeconfig,
    bare,
    repository: `${url}/${name}.git`,
    charts: { loki: charts, alloy: charts },
    passTime: nothing,
    stop: async () => undefined,
  };
}

async function makeBare(directory: string, name: string): Promise<string> {
  const bare = join(directory, `${name}.git`);
  await git(directory, 'init', '--quiet', '--bare', '--initial-branch=main', bare);
  return bare;
}

async function git(cwd: string, ...args: readonly string[]): Promise<string> {
  const env = { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };
  return (await execa('git', args, { cwd, env })).stdout;
}

function toText(content: string | object | readonly object[]): string {
  if (typeof content === 'string') return content;
  return [content]
    .flat()
    .map((document) => `---\n${stringify(document)}`)
    .join('');
}
