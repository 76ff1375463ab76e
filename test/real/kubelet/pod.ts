import { copyFile } from 'node:fs/promises';
import type { Manifest } from '#model/kubernetes.ts';
import { timestamp } from '#rehearsal/api/store.ts';
import { specOf, type Tree } from '#rehearsal/tree.ts';
import { type Daemon, startDaemon } from '../parts/process.ts';
import { commandFor, isReal, type Programs } from './programs.ts';
import { type Lookup, whatIsMissing } from './root.ts';

/** Milliseconds before a container that ended is started again: the kubelet's first back-off. */
const BACK_OFF = 10_000;
/** Restarts after which nobody waits any longer. */
const OFTEN = 3;
/** A pod with this annotation has its real process killed and kept down. */
const FAULT = 'anton-logging.test/fault';

interface Container {
  daemon?: Daemon;
  startedAt?: string;
  /** When its process was started, by the monotonic clock. */
  began: number;
  restarts: number;
  ready: boolean;
  waiting?: { reason: string; message: string };
  terminated?: { exitCode: number; reason: string; startedAt: string; finishedAt: string };
  notBefore: number;
}

/** One pod with a real process behind it: started when it is bound, restarted when it ends, stopped when the pod is deleted. */
export class RealPod {
  readonly address: string;
  readonly startTime = now();
  readonly #programs: Programs;
  readonly #containers = new Map<string, Container>();
  readonly #onChange: () => void;

  constructor(address: string, programs: Programs, onChange: () => void) {
    this.address = address;
    this.#programs = programs;
    this.#onChange = onChange;
  }

  /** Starts what should run, and asks what runs whether it is ready. */
  async tend(pod: Manifest, find: Lookup): Promise<void> {
    const isDown = pod.metadata.annotations?.[FAULT] === 'stopped';
    for (const spec of specOf(pod).containers) {
      const container = this.#containers.get(spec.name) ?? { restarts: 0, ready: false, notBefore: 0, began: 0 };
      this.#containers.set(spec.name, container);
      if (!isReal(spec.name)) container.startedAt ??= now();
      else if (isDown) await keepDown(container);
      else if (container.daemon === undefined && Date.now() >= container.notBefore) await this.#start(pod, spec, container, find);
      const wasReady = container.ready;
      container.ready = container.startedAt !== undefined && (await isReady(spec, container));
      if (isReal(spec.name) && container.ready && !wasReady) this.#programs.onReady(spec.name, performance.now() - container.began);
    }
  }

  async stop(): Promise<void> {
    for (const container of this.#containers.values()) {
      container.notBefore = Number.POSITIVE_INFINITY;
      await container.daemon?.stop();
    }
  }

  async #start(pod: Manifest, spec: Tree, container: Container, find: Lookup): Promise<void> {
    const missing = whatIsMissing(pod, spec, find);
    const command = missing === undefined ? await commandFor(pod, spec, this.#programs, find, this.address) : undefined;
    if (command === undefined) {
      container.waiting = missing ?? { reason: 'ErrImagePull', message: `there is no program for ${spec.image} here` };
      return;
    }
    const { namespace, name } = pod.metadata;
    const log = logName(namespace ?? '', name, spec.name);
    const file = `${this.#programs.directory}/log/${log}.log`;
    if (container.terminated !== undefined) {
      container.restarts += 1;
      await copyFile(file, file.replace(/\.log$/, '.previous.log'));
    }
    const daemon = await startDaemon(this.#programs.directory, { ...command, name: log });
    const startedAt = now();
    delete container.waiting;
    Object.assign(container, { daemon, startedAt, began: performance.now() });
    void daemon.ended.then((how) => {
      const exitCode = typeof how === 'number' ? how : 137;
      container.terminated = { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error', startedAt, finishedAt: now() };
      container.waiting = {
        reason: 'CrashLoopBackOff',
        message: `back-off 10s restarting failed container=${spec.name} pod=${name}_${namespace}`,
      };
      container.notBefore = Math.max(container.notBefore, Date.now() + BACK_OFF);
      delete container.daemon;
      delete container.startedAt;
      this.#onChange();
      setTimeout(this.#onChange, BACK_OFF + 50).unref();
    });
  }

  /** As a kubelet reports it. */
  status(pod: Manifest): Tree {
    const statuses = specOf(pod).containers.map(({ name, image }: Tree) => {
      const { startedAt, restarts, ready, waiting, terminated } = this.#containers.get(name) as Container;
      const state =
        startedAt === undefined ? { waiting: waiting ?? { reason: 'ContainerCreating', message: '' } } : { running: { startedAt } };
      const lastState = terminated === undefined ? {} : { terminated };
      return {
        name,
        image,
        imageID: image,
        containerID: `real://${name}`,
        ready,
        started: startedAt !== undefined,
        restartCount: restarts,
        state,
        lastState,
      };
    });
    const unready = statuses.filter(({ ready }: Tree) => !ready).map(({ name }: Tree) => name);
    const begun = statuses.some(({ state, restartCount, lastState }: Tree) => state.running || restartCount > 0 || lastState.terminated);
    return { phase: begun ? 'Running' : 'Pending', podIP: this.address, containerStatuses: statuses, unready };
  }
}

export function logName(namespace: string, pod: string, container: string): string {
  return `${namespace}_${pod}_${container}`;
}

/** Whatever kills it does so again and again: nobody has to wait for that here. */
async function keepDown(container: Container): Promise<void> {
  container.restarts = Math.max(container.restarts, OFTEN);
  await container.daemon?.stop();
}

/** A process without a probe is ready while it runs. */
async function isReady({ readinessProbe }: Tree, { startedAt }: Container): Promise<boolean> {
  if (startedAt === undefined) return false;
  const { path, port } = readinessProbe?.httpGet ?? {};
  if (path === undefined) return true;
  try {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(1_000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

function now(): string {
  return timestamp(new Date());
}
