import type { Fault } from './fault.ts';

/** What Prometheus is told to scrape, evaluate and take. */
export const PROMETHEUS: readonly Fault[] = [];
