import type { Commit } from '#model/change.ts';
import { type Manifest, nameOf, type ObjectRef, permissionOn, scopeOf } from '#model/kubernetes.ts';
import { answerOf, type FileDifference, type Read } from '#model/read.ts';

/** Where the remote's tip is not what these commits made of it. */
export function readDifferences({ files, edits = [] }: Pick<Commit, 'files' | 'edits'>): Read<readonly FileDifference[]> {
  return {
    subject: 'the generated files',
    request: { of: 'git', look: 'differences', files, edits },
    permissions: [],
    decode: (answer) => answerOf(answer, 'differences').differences,
  };
}

/** The texts of these files at the remote's tip; what is not there is left out. */
export function readTexts(paths: readonly string[]): Read<readonly string[]> {
  return {
    subject: 'the generated files',
    request: { of: 'git', look: 'files', paths },
    permissions: [],
    decode: (answer) => Object.values(answerOf(answer, 'files').files),
  };
}

export function readLive(ref: ObjectRef): Read<Manifest | undefined> {
  return {
    subject: nameOf(ref),
    request: { of: 'object', ref },
    permissions: [permissionOn(scopeOf(ref), 'get', ref.name)],
    decode: (answer) => answerOf(answer, 'object').object,
  };
}

/** What Helm has made of this kind in a namespace. */
export function readReleased({ apiVersion, kind }: Pick<ObjectRef, 'apiVersion' | 'kind'>, namespace: string): Read<readonly Manifest[]> {
  const scope = scopeOf({ apiVersion, kind, namespace });
  return {
    subject: `list of ${scope.resource} in ${namespace}`,
    request: { of: 'list', scope, selector: 'app.kubernetes.io/managed-by=Helm' },
    permissions: [permissionOn(scope, 'list')],
    decode: (answer) => answerOf(answer, 'list').items,
  };
}
