import type { Fault } from './fault.ts';

/** Git, sources, Kustomizations and releases. */
export const FLUX: readonly Fault[] = [];
