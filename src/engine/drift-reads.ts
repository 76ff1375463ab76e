import type { Commit } from '#model/change.ts';
import { type Manifest, nameOf, type ObjectRef, type Permission, type Scope, scopeOf } from '#model/kubernetes.ts';
import type { Answer, FileDifference, Read } from '#model/read.ts';

/** Where the remote's tip is not what these commits made of it. */
export function readDifferences({ files, edits = [] }: Pick<Commit, 'files' | 'edits'>): Read<readonly FileDifference[]> {
  return {
    subject: 'the generated files',
    request: { of: 'git', look: 'differences', files, edits },
    permissions: [],
    decode: (answer) => take(answer, 'differences').differences,
  };
}

/** The texts of these files at the remote's tip; what is not there is left out. */
export function readTexts(paths: readonly string[]): Read<readonly string[]> {
  return {
    subject: 'the generated files',
    request: { of: 'git', look: 'files', paths },
    permissions: [],
    decode: (answer) => Object.values(take(answer, 'files').files),
  };
}

export function readLive(ref: ObjectRef): Read<Manifest | undefined> {
  return {
    subject: nameOf(ref),
    request: { of: 'object', ref },
    permissions: [permit(scopeOf(ref), 'get', ref.name)],
    decode: (answer) => take(answer, 'object').object,
  };
}

export function readWorkloads(kind: 'DaemonSet' | 'Deployment' | 'StatefulSet', namespace: string): Read<readonly Manifest[]> {
  const scope = scopeOf({ apiVersion: 'apps/v1', kind, namespace });
  return {
    subject: `list of ${scope.resource} in ${namespace}`,
    request: { of: 'list', scope },
    permissions: [permit(scope, 'list')],
    decode: (answer) => take(answer, 'list').items,
  };
}

function take<K extends Answer['of']>(answer: Answer, of: K): Extract<Answer, { of: K }> {
  if (answer.of !== of) throw new Error(`a ${of} was asked for, and a ${answer.of} came`);
  return answer as Extract<Answer, { of: K }>;
}

function permit({ group, resource, namespace }: Scope, verb: Permission['verb'], name?: string): Permission {
  return { verb, group, resource, ...(namespace === undefined ? {} : { namespace }), ...(name === undefined ? {} : { name }) };
}
