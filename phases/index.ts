import type { Phase } from '#model/phase.ts';
import readiness from './0-readiness/phase.ts';
import infrastructure from './1-infrastructure/phase.ts';
import loki from './2-loki/phase.ts';
import alloy from './3-alloy/phase.ts';
import integration from './4-integration/phase.ts';
import migration from './5-migration/phase.ts';
import handoff from './6-handoff/phase.ts';
import { explained } from './diagnosis.ts';

/** The catalogue, in order. */
const phases: readonly Phase[] = [readiness, infrastructure, loki, alloy, integration, migration, handoff].map(explained);

export default phases;
