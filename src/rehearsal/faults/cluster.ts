import type { Fault } from './fault.ts';

/** Nodes, namespaces, claims, and what the API server does. */
export const CLUSTER: readonly Fault[] = [];
