import { posix } from 'node:path';
import { parseAllDocuments, parseDocument } from 'yaml';
import { knownKinds, type Manifest } from '#model/kubernetes.ts';
import type { Files } from './git.ts';

/** Where kustomize-controller unpacks what it applies. */
export const PLACE = '/tmp/kustomization';

/**
 * The objects of a directory: its kustomization.yaml with the resources below it, or, without one, all YAML files in it.
 * @throws Error when that cannot be built, in the words of kustomize-controller
 */
export function buildDirectory(files: Files, path: string, targetNamespace: string | undefined): readonly Manifest[] {
  const inside = filesBelow(files, path);
  const objects = files.has(`${prefixOf(path)}kustomization.yaml`)
    ? accumulate(files, prefixOf(path))
    : inside.flatMap((file) => readObjects(files, file, (why) => `failed to decode Kubernetes YAML from ${PLACE}/${file}: ${why}`));
  return targetNamespace === undefined ? objects : objects.map((object) => moveTo(object, targetNamespace));
}

export function filesBelow(files: Files, path: string): string[] {
  return [...files.keys()].filter((file) => file.startsWith(prefixOf(path)));
}

/** "kubernetes/apps/"; of the repository's root nothing. */
function prefixOf(path: string): string {
  return posix.join(path, '/').replace(/^\.?\//, '');
}

function accumulate(files: Files, directory: string): Manifest[] {
  const list = parseDocument(files.get(`${directory}kustomization.yaml`) ?? '');
  if (list.errors.length > 0) throw new Error(`error converting YAML to JSON: yaml: ${list.errors[0]?.message}`);
  const { resources = [] }: { resources?: string[] } = list.toJS() ?? {};
  return resources.flatMap((resource) => {
    const path = posix.join(directory, resource);
    const what = `accumulating resources from '${resource}'`;
    const failed = 'kustomize build failed: accumulating resources:';
    if (files.has(path)) return readObjects(files, path, (why) => `${failed} ${what}: ${why} in File: ${resource}`);
    if (files.has(`${path}/kustomization.yaml`)) return accumulate(files, `${path}/`);
    throw new Error(`${failed} accumulation err='${what}: open ${PLACE}/${path}: no such file or directory'`);
  });
}

function readObjects(files: Files, path: string, fail: (why: string) => string): Manifest[] {
  return parseAllDocuments(files.get(path) ?? '').flatMap((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw new Error(fail(`MalformedYAMLError: yaml: ${error.message}`));
    const object = document.toJS() as Manifest | null;
    if (object !== null && object.metadata?.name === undefined) throw new Error(fail(`missing metadata.name in object ${object.kind}`));
    return object ?? [];
  });
}

function moveTo(object: Manifest, namespace: string): Manifest {
  const known = knownKinds().find(({ apiVersion, kind }) => apiVersion === object.apiVersion && kind === object.kind);
  return known?.namespaced === false ? object : { ...object, metadata: { ...object.metadata, namespace } };
}
