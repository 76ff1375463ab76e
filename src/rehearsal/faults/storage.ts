import type { Fault } from './fault.ts';

/** The object store, its buckets, and the credentials for it. */
export const STORAGE: readonly Fault[] = [];
