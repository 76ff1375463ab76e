import type { Fault } from './fault.ts';

/** Airflow's claim, its archive, and what is watched until it goes. */
export const AIRFLOW: readonly Fault[] = [];
