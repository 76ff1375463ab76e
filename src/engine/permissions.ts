import { permissionsOnBucket } from '#model/bucket.ts';
import type { Await, Change, Step } from '#model/change.ts';
import { isCheck, isGate, isProbe, type Validation } from '#model/check.ts';
import { type Permission, permissionOn, permissionToProxy, refOf, type Scope, scopeOf } from '#model/kubernetes.ts';
import type { PhaseBody } from '#model/phase.ts';
import type { Reads } from '#model/read.ts';

/**
 * Every permission that the phase needs, each once: derived from its reads and changes, never listed by hand.
 * @param writes false for a look: what only steps and probes need is left out
 * @param repairs whether what failed checks offer to mend is to be done, too
 */
export function permissionsOf(body: PhaseBody, writes = true, repairs = false): readonly Permission[] {
  const ofRepair = (validation: Validation) => (repairs && isCheck(validation) ? (validation.repairPermissions ?? []) : []);
  const ofSeen = (validation: Validation) =>
    !writes && !isGate(validation) && isProbe(validation) ? [] : [...ofValidation(validation), ...ofRepair(validation)];
  const ofTaken = (step: Step) => (step.do === 'await' ? ofSeen(step.what) : ofStep(step));
  return distinct([...decidingOf(body).flatMap(ofSeen), ...(writes ? stepsOf(body).flatMap(ofTaken) : [])]);
}

/** What one of the validations needs, its own writes included. */
export function permissionsToValidate(validations: readonly Validation[]): readonly Permission[] {
  return distinct(validations.flatMap(ofValidation));
}

/**
 * What looking for the causes of the phase's red checks needs: wanted and not needed, for without it nothing but a cause stays unknown.
 * What a diagnosis may read next counts, too.
 */
export function diagnosisPermissionsOf(body: PhaseBody): readonly Permission[] {
  const awaited = stepsOf(body).flatMap((step) => (step.do === 'await' ? [step.what] : []));
  const diagnoses = [...decidingOf(body), ...awaited].flatMap((validation) => (isGate(validation) ? [] : (validation.diagnosis ?? [])));
  return distinct(diagnoses.flatMap(permissionsToLook));
}

/** What reading once needs, and what is read next for it; nothing is watched. */
export function permissionsToLook(look: {
  readonly reads: Reads;
  readonly nextPermissions?: readonly Permission[];
}): readonly Permission[] {
  return [...Object.values(look.reads).flatMap(({ permissions }) => permissions), ...(look.nextPermissions ?? [])];
}

/** "get services/proxy in monitoring (name loki)": as messages name a permission. */
export function describePermission({ verb, group, resource, namespace, name }: Permission): string {
  const what = group === '' ? resource : `${resource}.${group}`;
  return `${verb} ${what}${namespace === undefined ? '' : ` in ${namespace}`}${name === undefined ? '' : ` (name ${name})`}`;
}

export function distinct(permissions: readonly Permission[]): readonly Permission[] {
  return [...new Map(permissions.map((permission) => [describePermission(permission), permission])).values()];
}

/** Preconditions, and what decides the deliverables that are not skipped. */
function decidingOf(body: PhaseBody): readonly Validation[] {
  const deliverables = activeOf(body).flatMap((objective) => objective.deliverables.filter(({ skipped }) => skipped === undefined));
  return [...body.preconditions, ...deliverables.flatMap(({ validations }) => validations)];
}

function stepsOf(body: PhaseBody): readonly Step[] {
  return activeOf(body).flatMap(({ steps = [] }) => steps);
}

function activeOf({ objectives }: PhaseBody): PhaseBody['objectives'] {
  return objectives.filter(({ skipped }) => skipped === undefined);
}

function ofValidation(validation: Validation): readonly Permission[] {
  if (isGate(validation)) {
    if (validation.gate === 'approval') return [];
    const { began, quiet, atEnd = [], guards } = validation;
    return [...ofReads({ began }), ...[...quiet, ...atEnd, ...(guards === undefined ? [] : [guards])].flatMap(ofValidation)];
  }
  if (!isProbe(validation)) return [...ofReads(validation.reads), ...(validation.nextPermissions ?? [])];
  const { before, reads, nextPermissions = [], after } = validation.with('permissions');
  return [...ofReads(reads), ...nextPermissions, ...before.flatMap(ofChange), ...after.flatMap(ofChange)];
}

function ofStep(step: Exclude<Step, Await>): readonly Permission[] {
  if (step.do === 'derive') return [...ofReads(step.reads), ...step.permissions];
  return ofChange(step);
}

function ofReads(reads: Reads): readonly Permission[] {
  return Object.values(reads).flatMap(({ permissions, wakes }) => [...permissions, ...(wakes === undefined ? [] : toWatch(wakes))]);
}

/** A watch begins with a list. */
function toWatch(scope: Scope): readonly Permission[] {
  return (['list', 'watch'] as const).map((verb) => permissionOn(scope, verb));
}

function ofChange(change: Change): readonly Permission[] {
  switch (change.do) {
    case 'commit':
      return [];
    case 'reconcile': {
      return [permissionOn(scopeOf(change.object), 'patch', change.object.name)];
    }
    case 'apply': {
      const scope = scopeOf(refOf(change.object));
      const { name } = change.object.metadata;
      return [
        permissionOn(scope, 'get', name),
        permissionOn(scope, 'create'),
        permissionOn(scope, 'patch', name),
        permissionOn(scope, 'delete', name),
      ];
    }
    case 'remove':
      return [
        permissionOn(scopeOf(change.object), 'get', change.object.name),
        permissionOn(scopeOf(change.object), 'delete', change.object.name),
      ];
    case 's3-put':
      return permissionsOnBucket(change.bucket, change.multipart === true ? ['update', 'create'] : ['update']);
    case 's3-delete':
      return permissionsOnBucket(change.bucket, ['delete']);
    case 'push':
      return [permissionToProxy(change.to, 'create'), ...(change.flush === undefined ? [] : [permissionToProxy(change.flush, 'create')])];
  }
}
