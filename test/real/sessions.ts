import { type Lab, USUAL_LAB } from './homelab.ts';
import type { Session } from './stage.ts';

const whole = { homelab: 'whole', lab: USUAL_LAB, history: true, relay: false } as const;

/** Where everything is called otherwise than we would by ourselves. */
const OTHER_LAB: Lab = { rook: { namespace: 'rook-ceph', objectStore: 'team' }, namespaces: ['logging', 'collectors'] };

/** What `npm run test:real` runs, each on a cluster of its own. */
export const SESSIONS: readonly Session[] = [
  { name: 'contract', tests: ['test/contract'], homelab: 'platform', lab: USUAL_LAB, history: false, relay: false },
  { name: 'rollout', tests: ['test/real/rollout.test.ts'], ...whole },
  // Compares with what the rollout before it left.
  { name: 'kill', tests: ['test/real/kill.test.ts'], ...whole },
  { name: 'faults', tests: ['test/real/faults.test.ts'], ...whole },
  { name: 'environment', tests: ['test/real/environment.test.ts'], ...whole, lab: OTHER_LAB, history: false },
];

/** What `npm run cluster:real` keeps up. */
export const SERVED: Session = { name: 'served', tests: [], ...whole, relay: true };
