import type { Gate, Soak } from '#model/check.ts';
import type { Attestation } from '#model/ports.ts';
import { type GateState, judgeGate } from './gate.ts';
import { lookOnce } from './judge.ts';
import type { RunTools } from './run-tools.ts';
import { awaitChecks } from './wait.ts';

/** Milliseconds that a rehearsal's world gets to follow its clock. */
const SETTLE_TIMEOUT = 30_000;

type Approved = Readonly<Record<string, Attestation>>;

/** A gate of an objective as it is now. @param recorded the approvals that its evidence holds */
export async function lookAtGate(gate: Gate, recorded: Approved, objective: string, { context, signal }: RunTools): Promise<GateState> {
  const { clock, approvals, observer } = context;
  return judgeGate(gate, { clock, approvals, recorded, objective, look: () => lookOnce(observer, signal) });
}

/** The same, but a rehearsal's clock can be moved: then a soak that only needs time gets it, and the Lease is renewed for the new time. */
export async function openGate(gate: Gate, recorded: Approved, objective: string, tools: RunTools): Promise<GateState> {
  const state = await lookAtGate(gate, recorded, objective, tools);
  const { context, request, lock } = tools;
  const canAdvance =
    gate.gate === 'soak' && state.state === 'waiting' && state.until !== undefined && context.clock.advanceTo !== undefined;
  if (!canAdvance || !request.apply || request.dryRun) return state;
  await context.clock.advanceTo?.(new Date((state.until as Date).getTime() + 1_000));
  await lock?.renew();
  await awaitMovedWorld(gate, tools);
  return lookAtGate(gate, recorded, objective, tools);
}

/** A world whose clock jumped needs a moment until its history reaches up to now again. */
async function awaitMovedWorld({ quiet, atEnd = [] }: Soak, { context, request, signal }: RunTools): Promise<void> {
  await awaitChecks([...quiet, ...atEnd], { ...context, signal, timeout: Math.min(SETTLE_TIMEOUT, request.timeout), onJudged: () => {} });
}
