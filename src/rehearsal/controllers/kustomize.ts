import { posix } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { knownKinds, type Manifest } from '#model/kubernetes.ts';
import type { Files } from './git.ts';

/**
 * The objects of a directory: its kustomization.yaml with the resources below it, or, without one, all YAML files in it.
 * @throws Error when that cannot be built, in the words of kustomize-controller
 */
export function buildDirectory(files: Files, path: string, targetNamespace: string | undefined): readonly Manifest[] {
  const directory = directoryOf(path);
  const isKustomized = files.has(`${directory}kustomization.yaml`);
  const objects = isKustomized ? accumulate(files, directory) : collect(files, directory);
  return targetNamespace === undefined ? objects : objects.map((object) => moveTo(object, targetNamespace));
}

export function hasDirectory(files: Files, path: string): boolean {
  return [...files.keys()].some((file) => file.startsWith(directoryOf(path)));
}

/** Where kustomize-controller has unpacked it. */
export function placeOf(path: string): string {
  return posix.join('/tmp/kustomization', path);
}

function directoryOf(path: string): string {
  return posix.normalize(`${path}/`);
}

function collect(files: Files, directory: string): Manifest[] {
  return [...files.keys()]
    .filter((file) => file.startsWith(directory))
    .flatMap((file) => readObjects(files, file, (why) => `failed to decode Kubernetes YAML from ${placeOf(file)}: ${why}`));
}

function accumulate(files: Files, directory: string): Manifest[] {
  const { resources = [] } = parseList(files.get(`${directory}kustomization.yaml`) ?? '');
  return resources.flatMap((resource) => {
    const path = posix.join(directory, resource);
    const what = `accumulating resources from '${resource}'`;
    const failed = 'kustomize build failed: accumulating resources:';
    if (files.has(path)) return readObjects(files, path, (why) => `${failed} ${what}: ${why} in File: ${resource}`);
    if (files.has(`${path}/kustomization.yaml`)) return accumulate(files, `${path}/`);
    throw new Error(`${failed} accumulation err='${what}: open ${placeOf(path)}: no such file or directory'`);
  });
}

function parseList(text: string): { resources?: string[] } {
  try {
    return parse(text) ?? {};
  } catch (error) {
    throw new Error(`error converting YAML to JSON: yaml: ${(error as Error).message}`);
  }
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
