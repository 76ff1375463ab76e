import { posix } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { knownKinds, type Manifest } from '#model/kubernetes.ts';
import type { Files } from './git.ts';

/**
 * The objects of a directory: its kustomization.yaml with the resources below it, or, without one, all YAML files in it.
 * @throws Error when that cannot be built
 */
export function buildDirectory(files: Files, path: string, targetNamespace: string | undefined): readonly Manifest[] {
  const directory = posix.normalize(`${path}/`);
  const isKustomized = files.has(`${directory}kustomization.yaml`);
  const objects = isKustomized
    ? accumulate(files, directory)
    : [...files.keys()].filter((file) => file.startsWith(directory)).flatMap((file) => readObjects(files, file));
  return targetNamespace === undefined ? objects : objects.map((object) => moveTo(object, targetNamespace));
}

function accumulate(files: Files, directory: string): Manifest[] {
  const { resources = [] } = parse(files.get(`${directory}kustomization.yaml`) ?? '') ?? {};
  return (resources as string[]).flatMap((resource) => {
    const path = posix.join(directory, resource);
    if (files.has(path)) return readObjects(files, path);
    if (files.has(`${path}/kustomization.yaml`)) return accumulate(files, `${path}/`);
    throw new Error(`accumulating resources from '${resource}': open /tmp/kustomization/${path}: no such file or directory`);
  });
}

function readObjects(files: Files, path: string): Manifest[] {
  return parseAllDocuments(files.get(path) ?? '').flatMap((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw error;
    return (document.toJS() as Manifest | null) ?? [];
  });
}

function moveTo(object: Manifest, namespace: string): Manifest {
  const known = knownKinds().find(({ apiVersion, kind }) => apiVersion === object.apiVersion && kind === object.kind);
  return known?.namespaced === false ? object : { ...object, metadata: { ...object.metadata, namespace } };
}
