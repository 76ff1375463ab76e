import { USUAL_LAB } from './homelab.ts';
import type { Session } from './stage.ts';

const whole = { homelab: 'whole', lab: USUAL_LAB, relay: false } as const;

/** What `npm run test:real` runs, each on a cluster of its own. */
export const SESSIONS: readonly Session[] = [
  { name: 'contract', tests: ['test/contract'], homelab: 'platform', lab: USUAL_LAB, relay: false },
  { name: 'rollout', tests: ['test/real/rollout.test.ts'], ...whole },
];

/** What `npm run cluster:real` keeps up. */
export const SERVED: Session = { name: 'served', tests: [], homelab: 'whole', lab: USUAL_LAB, relay: true };
