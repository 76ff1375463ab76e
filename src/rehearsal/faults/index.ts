import type { Manifest } from '#model/kubernetes.ts';
import type { World } from '../world.ts';
import type { Fault } from './fault.ts';
import { gateway404 } from './gateway-404.ts';
import { oomLoop } from './oom-loop.ts';
import { retentionOff } from './retention-off.ts';

export const FAULTS: readonly Fault[] = [oomLoop, gateway404, retentionOff];

/** The object as the active faults let it into the world. */
export function admit(world: World, object: Manifest): Manifest {
  return FAULTS.reduce((admitted, fault) => (world.fault(fault.name) ? fault.distort(admitted) : admitted), object);
}
