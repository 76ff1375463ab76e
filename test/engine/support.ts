import type { RunContext, RunRequest } from '#engine/context.ts';
import { createEmit } from '#engine/emit.ts';
import { runPhases } from '#engine/run.ts';
import type { RunResult } from '#engine/run-result.ts';
import type { RunTools } from '#engine/run-tools.ts';
import type { Change } from '#model/change.ts';
import type { Environment } from '#model/environment.ts';
import type { Event, EventType } from '#model/event.ts';
import type { Trigger } from '#model/initiative.ts';
import type { Permission } from '#model/kubernetes.ts';
import type { Phase } from '#model/phase.ts';
import type { Answer, Request } from '#model/read.ts';

export const START = Date.parse('2026-11-22T12:00:00.000Z');

/** Whoever sleeps for so long sets a limit, which nobody reaches in this world. */
const LIMIT = 10_000;

/** The process is gone: nothing that it would do afterwards has an effect. */
export class Kill extends Error {}

/** A small world of named facts behind every port of the engine. Virtual time: a sleep is over at once, what was planned meanwhile happens. */
export class World {
  /** What is there: ConfigMaps and committed files, by name. */
  readonly facts = new Map<string, string>();
  /** What a read of this fact throws. */
  readonly unreadable = new Map<string, Error>();
  /** What performing a change of this fact throws. */
  readonly refusals = new Map<string, Error>();
  /** By "objective/of". */
  readonly approvals = new Map<string, { by: string; note: string; at: string }>();
  readonly reads: string[] = [];
  readonly performed: string[] = [];
  readonly events: Event[] = [];
  readonly lease = { valid: true, taken: 0, renewed: 0, released: 0, lose: (_why: string): void => {} };
  denied: readonly Permission[] = [];
  goals = '';
  now = START;
  /** From this append on (1 is the first) the process is dead. */
  killAt = Number.POSITIVE_INFINITY;
  dead = false;
  readonly interrupt = new AbortController();
  /** Whether the clock can be moved, as a rehearsal's can. */
  rehearsal = false;
  triggers: readonly Trigger[] = [];
  onRead: (fact: string) => void = () => {};
  onPerform: (fact: string) => void = () => {};
  readonly #plans: { readonly at: number; readonly act: () => void }[] = [];
  readonly #watches = new Set<() => void>();

  /** Something that happens by itself after so many milliseconds. */
  after(milliseconds: number, act: () => void): void {
    this.#plans.push({ at: this.now + milliseconds, act });
  }

  set(fact: string, value: string | undefined): void {
    if (value === undefined) this.facts.delete(fact);
    else this.facts.set(fact, value);
    for (const changed of this.#watches) changed();
  }

  typesOf(): readonly EventType[] {
    return this.events.map(({ type }) => type);
  }

  eventsOf<T extends EventType>(type: T): readonly Extract<Event, { type: T }>[] {
    return this.events.filter((event): event is Extract<Event, { type: T }> => event.type === type);
  }

  async run(phases: readonly Phase[], request: Partial<RunRequest> = {}): Promise<RunResult> {
    return runPhases(this.context(phases), requestOf(phases, request));
  }

  tools(request: Partial<RunRequest> = {}): RunTools {
    const context = this.context([]);
    return {
      context,
      request: requestOf([], request),
      emit: createEmit(context, 'run-1'),
      signal: context.signal,
      lock: this.#held(),
      lastChangeBefore: () => undefined,
    };
  }

  context(phases: readonly Phase[]): RunContext {
    return {
      phases,
      triggers: this.triggers,
      metrics: [],
      // The phases of these tests are written for no cluster in particular.
      environment: {} as Environment,
      goalsFile: { path: 'goals.json', read: async () => this.goals, update: async (patch) => this.#updateGoals(patch) },
      cluster: 'lab',
      rehearsal: this.rehearsal,
      clock: {
        now: () => new Date(this.now),
        sleep: async (milliseconds, signal) => (milliseconds < LIMIT ? this.#pass(this.now + milliseconds, signal) : untilAborted(signal)),
        ...(this.rehearsal ? { advanceTo: async (time) => this.#pass(time.getTime(), new AbortController().signal) } : {}),
      },
      observer: {
        read: async (request, signal) => this.#read(request, signal),
        watch: (_scope, onChange, signal) => {
          this.#watches.add(onChange);
          signal.addEventListener('abort', () => this.#watches.delete(onChange));
        },
      },
      performer: {
        preview: async (change, signal) => this.#preview(change, signal),
        perform: async (change, _by, signal) => this.#perform(change, signal),
      },
      lock: {
        acquire: async (_run, onLost) => {
          this.lease.taken += 1;
          this.lease.lose = (why) => {
            this.lease.valid = false;
            onLost(why);
          };
          return this.#held();
        },
      },
      access: { denied: async () => this.denied },
      approvals: { find: async (objective, of) => this.approvals.get(`${objective}/${of}`) },
      journal: this.#journal(),
      listeners: [],
      signal: this.interrupt.signal,
    };
  }

  get watched(): number {
    return this.#watches.size;
  }

  #journal(): RunContext['journal'] {
    const world = this;
    return {
      get head() {
        return `record ${world.events.length}`;
      },
      append(event) {
        if (world.events.length + 1 >= world.killAt) world.dead = true;
        if (world.dead) throw new Kill();
        world.events.push(event);
      },
    };
  }

  #held(): NonNullable<RunTools['lock']> {
    return {
      valid: () => this.lease.valid,
      renew: async () => void this.lease.renewed++,
      describe: () => {},
      release: async () => void this.lease.released++,
    };
  }

  #pass(until: number, signal: AbortSignal): void {
    for (;;) {
      if (signal.aborted) return;
      const next = this.#plans.filter(({ at }) => at <= until).toSorted((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#plans.splice(this.#plans.indexOf(next), 1);
      this.now = Math.max(this.now, next.at);
      next.act();
    }
    this.now = Math.max(this.now, Math.ceil(until));
  }

  #read(request: Request, signal: AbortSignal): Answer {
    signal.throwIfAborted();
    if (request.of === 'git') return this.#readGit(request);
    if (request.of !== 'object') throw new Error(`this world has no ${request.of}`);
    const { name } = request.ref;
    this.reads.push(name);
    this.onRead(name);
    signal.throwIfAborted();
    const error = this.unreadable.get(name);
    if (error !== undefined) throw error;
    const value = this.facts.get(name);
    return { of: 'object', object: value === undefined ? undefined : { ...request.ref, metadata: { name }, value } };
  }

  /** Committed files are facts. */
  #readGit(request: Extract<Request, { of: 'git' }>): Answer {
    if (request.look === 'differences') {
      const differing = Object.entries(request.files).filter(([file, content]) => this.facts.get(file) !== content);
      const state = (file: string) => (this.facts.has(file) ? ('edited' as const) : ('missing' as const));
      return { of: 'differences', tip: 'tip', differences: differing.map(([file]) => ({ file, state: state(file) })) };
    }
    if (request.look !== 'files') throw new Error(`this world has no ${request.look}`);
    const files = request.paths.flatMap((file) => (this.facts.has(file) ? [[file, this.facts.get(file) as string] as const] : []));
    return { of: 'files', tip: 'tip', files: Object.fromEntries(files) };
  }

  #isDone(change: Change): boolean {
    return targetsOf(change).every(([fact, value]) => this.facts.get(fact) === value) && change.do !== 'reconcile';
  }

  #preview(change: Change, signal: AbortSignal): string | undefined {
    signal.throwIfAborted();
    return this.#isDone(change) ? undefined : describe(change);
  }

  #perform(change: Change, signal: AbortSignal): string {
    if (this.dead) throw new Kill();
    signal.throwIfAborted();
    for (const [fact, value] of targetsOf(change)) {
      this.onPerform(fact);
      signal.throwIfAborted();
      const error = this.refusals.get(fact);
      if (error !== undefined) throw error;
      this.set(fact, value);
    }
    this.performed.push(describe(change));
    return `did ${describe(change)}`;
  }

  #updateGoals(patch: (text: string) => string): void {
    if (this.dead) throw new Kill();
    this.goals = patch(this.goals);
  }
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

function requestOf(phases: readonly Phase[], request: Partial<RunRequest>): RunRequest {
  const to = Math.max(0, ...phases.map(({ number }) => number));
  return { run: 'run-1', from: 0, to, dryRun: false, overwrite: false, repair: false, timeout: 60_000, apply: true, ...request };
}

/** What the change makes of which facts. */
function targetsOf(change: Change): readonly (readonly [string, string | undefined])[] {
  if (change.do === 'commit') return Object.entries(change.files).map(([file, content]) => [file, content ?? undefined]);
  if (change.do === 'apply') return [[change.object.metadata.name, String(change.object.value)]];
  if (change.do === 'remove') return [[change.object.name, undefined]];
  if (change.do === 'reconcile') return [];
  throw new Error(`this world can't ${change.do}`);
}

function describe(change: Change): string {
  const targets = targetsOf(change).map(([fact, value]) => (value === undefined ? fact : `${fact}=${value}`));
  return [change.do, ...targets].join(' ');
}
