import type { Environment } from '#model/environment.ts';
import type { Phase } from '#model/phase.ts';
import readiness from './0-readiness/phase.ts';
import infrastructure from './1-infrastructure/phase.ts';
import loki from './2-loki/phase.ts';
import alloy from './3-alloy/phase.ts';
import integration from './4-integration/phase.ts';
import migration from './5-migration/phase.ts';
import handoff from './6-handoff/phase.ts';
import { metricsFor } from './metrics.ts';
import { triggersFor } from './triggers.ts';

/** The catalogue, in order. */
const phases: readonly Phase[] = [readiness, infrastructure, loki, alloy, integration, migration, handoff];

/** The catalogue for one cluster; without an environment (another rollout's file) nothing of it can be judged. */
export function catalogueFor(environment: Environment | undefined) {
  return {
    phases,
    triggers: environment === undefined ? [] : triggersFor(environment),
    metrics: environment === undefined ? [] : metricsFor(environment),
  };
}

export default phases;
