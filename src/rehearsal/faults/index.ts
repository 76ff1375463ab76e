import { knownKinds, type Manifest, refOf } from '#model/kubernetes.ts';
import { memoryOf } from '../memory.ts';
import type { World } from '../world.ts';
import { AIRFLOW } from './airflow.ts';
import { ALLOY } from './alloy.ts';
import { CLUSTER } from './cluster.ts';
import type { Fault } from './fault.ts';
import { FLUX } from './flux.ts';
import { GRAFANA } from './grafana.ts';
import { LOKI } from './loki.ts';
import { LOKI_CONFIGURATION } from './loki-configuration.ts';
import { PROMETHEUS } from './prometheus.ts';
import { STORAGE } from './storage.ts';

export const FAULTS: readonly Fault[] = [
  ...CLUSTER,
  ...FLUX,
  ...STORAGE,
  ...LOKI,
  ...LOKI_CONFIGURATION,
  ...ALLOY,
  ...GRAFANA,
  ...PROMETHEUS,
  ...AIRFLOW,
];

/** The object as the active faults let it into the world. */
export function admit(world: World, object: Manifest): Manifest {
  return FAULTS.reduce((admitted, fault) => (world.fault(fault.name) ? (fault.distort?.(admitted) ?? admitted) : admitted), object);
}

/** What each fault that is on has done, as ways to undo it. */
const struckOf = memoryOf(() => new Map<string, readonly (() => void)[]>());

/** Does what a fault does when it comes, and undoes it when it goes. */
export function playFaults(world: World): void {
  const struck = struckOf(world, 'faults');
  for (const fault of FAULTS) {
    const undo = struck.get(fault.name);
    if (world.fault(fault.name) === (undo !== undefined)) continue;
    if (undo !== undefined) for (const step of undo) step();
    if (undo === undefined) struck.set(fault.name, [...distortStanding(world, fault), ...(fault.strike ? [fault.strike(world)] : [])]);
    else struck.delete(fault.name);
  }
}

/** A pod is never changed, it is replaced: those meet the fault when they are made. */
function distortStanding({ store }: World, fault: Fault): readonly (() => void)[] {
  const standing = knownKinds().flatMap(({ apiVersion, kind }) => (kind === 'Pod' ? [] : store.list(apiVersion, kind)));
  return standing.flatMap((object) => {
    const distorted = fault.distort?.(object) ?? object;
    if (distorted === object) return [];
    store.put(distorted);
    // Somebody may have removed it meanwhile.
    return [() => void (store.get(refOf(object)) && store.put(object))];
  });
}
