import { type Lab, USUAL_LAB } from './homelab.ts';
import type { Session } from './stage.ts';

const platform = { homelab: 'platform', lab: USUAL_LAB, processes: true, history: false, relay: false } as const;
const whole = { ...platform, homelab: 'whole', history: true } as const;

/** Where everything is called otherwise than we would by ourselves. */
const OTHER_LAB: Lab = { rook: { namespace: 'rook-ceph', objectStore: 'team' }, namespaces: ['logging', 'collectors'] };

/** What `npm run test:real` runs, each on a cluster of its own, and what of it beside what. */
export const LANES: readonly (readonly Session[])[] = [
  [
    { name: 'rollout', tests: ['test/real/rollout.test.ts'], ...whole },
    // Compares with what the rollout before it left.
    { name: 'kill', tests: ['test/real/kill.test.ts'], ...whole },
  ],
  [{ name: 'environment', tests: ['test/real/environment.test.ts'], ...whole, lab: OTHER_LAB, history: false }],
  [
    { name: 'faults', tests: ['test/real/faults.test.ts'], ...whole },
    { name: 'contract', tests: ['kubernetes', 's3', 'loki', 'prometheus'].map((of) => `test/contract/${of}`), ...platform },
  ],
  [
    // Releases of the same chart beside each other: their processes could not listen at the same port.
    { name: 'flux', tests: ['test/contract/flux', 'test/real/runners.test.ts'], ...platform, processes: false },
  ],
];

/** What `npm run cluster:real` keeps up. */
export const SERVED: Session = { name: 'served', tests: [], ...whole, relay: true };
