import type { Fault } from './fault.ts';

/** What collects the lines. */
export const ALLOY: readonly Fault[] = [];
