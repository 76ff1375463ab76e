import type { Check, Gate, Soak } from '#model/check.ts';
import { parseDuration } from '#model/duration.ts';
import type { Approvals, Attestation, Clock } from '#model/ports.ts';
import type { Outcome } from '#model/verdict.ts';
import { judgeRound, type Look, readAll } from './judge.ts';

/** What stands between a gate and being over. */
export type GateState =
  | { readonly state: 'open'; readonly saw: string; readonly approval?: Attestation }
  | Waiting
  | { readonly state: 'broken'; readonly outcome: Outcome };

export interface Waiting {
  readonly state: 'waiting';
  readonly what: string;
  readonly since?: Date;
  /** The earliest end. */
  readonly until?: Date;
  /** What would make it begin anew. */
  readonly breaks?: string;
  readonly remedy: string;
}

export interface GateTools {
  readonly clock: Clock;
  readonly approvals: Approvals;
  look(): Look;
  /** Attestations in the goals file, by what they approve. */
  readonly recorded: Readonly<Record<string, Attestation>>;
  readonly objective: string;
}

export async function judgeGate(gate: Gate, tools: GateTools): Promise<GateState> {
  if (gate.gate === 'soak') return judgeSoak(gate, tools);
  const approval = tools.recorded[gate.of] ?? (await tools.approvals.find(tools.objective, gate.of));
  if (approval !== undefined)
    return { state: 'open', saw: `approved by ${approval.by} on ${approval.at.slice(0, 10)}: ${approval.note}`, approval };
  return {
    state: 'waiting',
    what: `approval: ${gate.of}`,
    remedy: `anton-logging approve ${tools.objective} ${JSON.stringify(gate.of)} --by NAME --note TEXT`,
  };
}

/**
 * Judged from history: the process need not live while it waits. A disturbance within the period makes it begin anew, so that it is
 * over at the latest one period from now.
 */
export async function judgeSoak(gate: Soak, tools: Pick<GateTools, 'clock' | 'look'>): Promise<GateState> {
  const look = tools.look();
  const now = tools.clock.now();
  const [done] = (await judgeRound(gate.guards === undefined ? [] : [gate.guards], look, now)).values();
  if (done?.state === 'met') return { state: 'open', saw: `over, for what it guards is done: ${gate.guards?.title}` };
  const began = await readAll({ began: gate.began }, look);
  if ('state' in began) return { state: 'broken', outcome: began };
  const since = began.values.began as Date | undefined;
  const breaks = describeBreaks(gate);
  if (since === undefined)
    return { state: 'waiting', what: `${gate.title}: it has not begun`, breaks, remedy: 'nothing to do: it begins when its history does' };
  const quiet = [...(await judgeRound(gate.quiet, look, now)).values()];
  const atEnd = [...(await judgeRound(gate.atEnd ?? [], look, now)).values()];
  const broken = [...quiet, ...atEnd].find(({ state }) => state === 'failed' || state === 'unknown');
  if (broken !== undefined) return { state: 'broken', outcome: broken };
  const disturbed = quiet.find(({ state }) => state === 'pending');
  const open = atEnd.find(({ state }) => state === 'pending');
  const until = new Date((disturbed === undefined ? since : now).getTime() + parseDuration(gate.for));
  const isOver = until <= now;
  if (isOver && open === undefined) return { state: 'open', saw: `quiet for ${gate.for} since ${since.toISOString()}` };
  const { saw = `${gate.for} are not over` } = disturbed ?? open ?? {};
  return {
    state: 'waiting',
    what: `${gate.title}: ${saw}`,
    since,
    ...(isOver ? {} : { until }),
    breaks,
    remedy: isOver ? 'resume once that holds' : `nothing to do: resume after ${until.toISOString()}`,
  };
}

function describeBreaks({ quiet, atEnd = [] }: Soak): string {
  const list = (says: string, checks: readonly Check[]) =>
    checks.length === 0 ? [] : [`${says}: ${checks.map(({ title }) => title).join('; ')}`];
  return [
    ...list('it begins anew when one of these does not hold', quiet),
    ...list('it does not end while one of these does not hold', atEnd),
  ].join('. ');
}
