import type { HeldLock } from '#model/ports.ts';
import type { Emit, RunContext, RunRequest } from './context.ts';
import type { LastChange } from './freshness.ts';

/** What one run carries through its phases. */
export interface RunTools {
  readonly context: RunContext;
  readonly request: RunRequest;
  readonly emit: Emit;
  /** Aborts on Ctrl-C and when the Lease is lost. */
  readonly signal: AbortSignal;
  /** Absent where nothing is written: phase 0, validation, dry run. */
  readonly lock: HeldLock | undefined;
  /** When what an objective builds on was changed last, by this run, too. */
  lastChangeBefore(objective: string): LastChange;
}
