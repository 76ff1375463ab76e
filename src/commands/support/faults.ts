import { setValue } from '#goals/edit.ts';
import { UserError } from '#model/errors.ts';
import type { Event } from '#model/event.ts';
import { FAULTS } from '#rehearsal/faults/index.ts';
import type { World } from '#rehearsal/world.ts';

/** A fault and the phase with which it comes on. */
export interface PlannedFault {
  readonly name: string;
  readonly phase: number;
}

/**
 * Reads NAME or NAME@PHASE.
 * @throws UserError with the list of faults
 */
export function readFault(text: string): PlannedFault {
  const [name, phase, ...rest] = text.split('@');
  const fault = FAULTS.find((each) => each.name === name);
  const number = phase === undefined ? fault?.phase : /^(?:phase-)?([0-6])$/.exec(phase)?.[1];
  if (fault !== undefined && number !== undefined && rest.length === 0) return { name: fault.name, phase: Number(number) };
  throw new UserError(
    `there is no fault "${text}"`,
    `write NAME or NAME@PHASE, with one of these names:\n${FAULTS.map((each) => `  ${each.name}: ${each.description}`).join('\n')}`,
  );
}

/** The goals with the settings that the faults need in order to show. */
export function adjustGoals(text: string, faults: readonly PlannedFault[]): string {
  const settings = FAULTS.filter(({ name }) => faults.some((planned) => planned.name === name)).flatMap((fault) =>
    Object.entries(fault.settings ?? {}),
  );
  return settings.reduce((adjusted, [path, value]) => setValue(adjusted, ['environment', ...path.split('.')], value), text);
}

/** Brings faults into the world when their phase begins. */
export function injectFaults(faults: readonly PlannedFault[], world: World): (event: Event) => void {
  return (event) => {
    if (event.type !== 'phase.started') return;
    for (const fault of faults.filter(({ phase }) => phase === event.phase)) bringIn(fault, world);
  };
}

/** Deleting the ConfigMap lifts the fault. */
export function bringIn({ name }: Pick<PlannedFault, 'name'>, world: World): void {
  const metadata = { name: `fault-${name}`, namespace: 'rehearsal', labels: { 'anton-logging/fault': name } };
  world.store.put({ apiVersion: 'v1', kind: 'ConfigMap', metadata });
}
