import type { Fault } from './fault.ts';

/** Grafana's datasources and dashboards. */
export const GRAFANA: readonly Fault[] = [];
