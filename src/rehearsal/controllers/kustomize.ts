import { posix } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { knownKinds, type Manifest } from '#model/kubernetes.ts';
import type { Tree } from '../tree.ts';
import type { Files } from './git.ts';

/** The fields of a kustomization.yaml that this build understands. */
const FIELDS = ['apiVersion', 'kind', 'metadata', 'resources', 'namespace'];

/** A build that failed; the message is what kustomize-controller would report. */
export class BuildFailure extends Error {}

/**
 * The objects of a directory: its kustomization.yaml with the resources below it, or, without one, all YAML files in it.
 * @throws BuildFailure
 */
export function buildDirectory(files: Files, path: string, targetNamespace: string | undefined): readonly Manifest[] {
  const directory = posix.normalize(path).replace(/^\.?\/|\/$/g, '');
  const below = directory === '.' || directory === '' ? '' : `${directory}/`;
  if (![...files.keys()].some((file) => file.startsWith(below))) {
    throw new BuildFailure(`kustomization path not found: stat /tmp/kustomization/${directory}: no such file or directory`);
  }
  const generated = [...files.keys()].filter((file) => file.startsWith(below));
  const objects =
    kustomizationOf(files, below) === undefined ? generated.flatMap((file) => readObjects(files, file)) : accumulate(files, below);
  return targetNamespace === undefined ? objects : objects.map((object) => moveTo(object, targetNamespace));
}

function accumulate(files: Files, directory: string): Manifest[] {
  const kustomization = kustomizationOf(files, directory);
  const unknown = Object.keys(kustomization).find((field) => !FIELDS.includes(field));
  if (unknown !== undefined) throw new BuildFailure(`kustomize build failed: invalid Kustomization: json: unknown field "${unknown}"`);
  const objects = ((kustomization.resources ?? []) as string[]).flatMap((resource) => {
    const path = posix.join(directory, resource);
    if (files.has(path)) return readObjects(files, path);
    const below = `${path.replace(/\/$/, '')}/`;
    if (kustomizationOf(files, below) !== undefined) return accumulate(files, below);
    const why = `accumulating resources: accumulation err='accumulating resources from '${resource}'`;
    throw new BuildFailure(`kustomize build failed: ${why}: open /tmp/kustomization/${path}: no such file or directory'`);
  });
  return kustomization.namespace === undefined ? objects : objects.map((object) => moveTo(object, kustomization.namespace));
}

function kustomizationOf(files: Files, directory: string): Tree {
  const path = ['kustomization.yaml', 'kustomization.yml'].map((name) => `${directory}${name}`).find((name) => files.has(name));
  return path === undefined ? undefined : (parseYaml(files, path, parse) ?? {});
}

function readObjects(files: Files, path: string): Manifest[] {
  return parseYaml(files, path, (content) =>
    parseAllDocuments(content).flatMap((document) => {
      const [error] = document.errors;
      if (error !== undefined) throw error;
      const object = document.toJS() as Manifest | null;
      return object === null ? [] : [object];
    }),
  );
}

function parseYaml<T>(files: Files, path: string, parser: (content: string) => T): T {
  try {
    return parser(files.get(path) ?? '');
  } catch (error) {
    throw new BuildFailure(`kustomize build failed: MalformedYAMLError: yaml: ${(error as Error).message.split('\n')[0]} in File: ${path}`);
  }
}

function moveTo(object: Manifest, namespace: string): Manifest {
  const known = knownKinds().find(({ apiVersion, kind }) => apiVersion === object.apiVersion && kind === object.kind);
  return known?.namespaced === false ? object : { ...object, metadata: { ...object.metadata, namespace } };
}
