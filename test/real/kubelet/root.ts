import fs from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import type { Manifest } from '#model/kubernetes.ts';
import { dataOf, specOf, type Tree } from '#rehearsal/tree.ts';

/** Objects that a pod names, by kind and name, in its own namespace. */
export type Lookup = (kind: 'ConfigMap' | 'Secret' | 'PersistentVolumeClaim', name: string) => Manifest | undefined;

/** What keeps a container from being created, in the kubelet's own words; undefined: nothing. */
export function whatIsMissing(pod: Manifest, container: Tree, find: Lookup): { reason: string; message: string } | undefined {
  for (const { name, configMap, persistentVolumeClaim } of specOf(pod).volumes ?? []) {
    if (configMap !== undefined && find('ConfigMap', configMap.name) === undefined && configMap.optional !== true) {
      const message = `MountVolume.SetUp failed for volume "${name}" : configmap "${configMap.name}" not found`;
      return { reason: 'ContainerCreating', message };
    }
    const claim = persistentVolumeClaim && find('PersistentVolumeClaim', persistentVolumeClaim.claimName);
    if (persistentVolumeClaim !== undefined && (claim?.status as Tree)?.phase !== 'Bound')
      return { reason: 'ContainerCreating', message: 'pod has unbound immediate PersistentVolumeClaims' };
  }
  for (const { valueFrom } of container.env ?? []) {
    const reference = valueFrom?.secretKeyRef;
    if (reference === undefined || reference.optional === true) continue;
    const secret = find('Secret', reference.name);
    if (secret === undefined) return { reason: 'CreateContainerConfigError', message: `secret "${reference.name}" not found` };
    if (dataOf(secret)[reference.key] === undefined) {
      const message = `couldn't find key ${reference.key} in Secret ${pod.metadata.namespace}/${reference.name}`;
      return { reason: 'CreateContainerConfigError', message };
    }
  }
  return undefined;
}

/** The container's environment, with the values of the Secrets that it names. */
export function environmentOf(pod: Manifest, container: Tree, find: Lookup): Record<string, string> {
  const fields: Tree = {
    'metadata.name': pod.metadata.name,
    'metadata.namespace': pod.metadata.namespace,
    'spec.nodeName': specOf(pod).nodeName,
  };
  return Object.fromEntries(
    (container.env ?? []).map(({ name, value, valueFrom }: Tree) => {
      const secret = valueFrom?.secretKeyRef;
      const encoded = secret && dataOf(find('Secret', secret.name))[secret.key];
      return [name, value ?? (encoded && Buffer.from(encoded, 'base64').toString()) ?? fields[valueFrom?.fieldRef?.fieldPath] ?? ''];
    }),
  );
}

/** A root directory as the container would see it: its mounts, its program, the names of services. Claims outlive the pod. */
export async function layRoot(directory: string, pod: Manifest, container: Tree, program: string, find: Lookup): Promise<string> {
  const root = path.join(directory, 'pods', pod.metadata.uid ?? '', 'root');
  for (const { name, mountPath, subPath } of container.volumeMounts ?? []) {
    const source = await layVolume(directory, pod, name, find);
    await bind(path.join(source, subPath ?? ''), path.join(root, mountPath), 'directory');
  }
  await fs.mkdir(path.join(root, 'tmp'), { recursive: true });
  await bind(program, path.join(root, 'usr/bin', container.name), 'file');
  await bind('/etc/hosts', path.join(root, 'etc/hosts'), 'file');
  return root;
}

/** Where a volume of a pod lies. */
export function volumePath(directory: string, pod: Manifest, name: string): string {
  const volume = specOf(pod).volumes?.find((each: Tree) => each.name === name);
  const claim = volume?.persistentVolumeClaim?.claimName;
  if (claim !== undefined) return path.join(directory, 'volumes', `${pod.metadata.namespace}_${claim}`);
  return path.join(directory, 'pods', pod.metadata.uid ?? '', 'volumes', name);
}

async function layVolume(directory: string, pod: Manifest, name: string, find: Lookup): Promise<string> {
  const target = volumePath(directory, pod, name);
  await fs.mkdir(target, { recursive: true });
  const { configMap } = specOf(pod).volumes?.find((each: Tree) => each.name === name) ?? {};
  for (const [file, content] of Object.entries(configMap === undefined ? {} : dataOf(find('ConfigMap', configMap.name)))) {
    await fs.writeFile(path.join(target, file), content);
  }
  return target;
}

/** Targets that are mounted: a container that is started again finds them as they are. */
const laid = new Set<string>();

/** Nothing to undo: the mounts end with the namespace. */
async function bind(source: string, target: string, what: 'file' | 'directory'): Promise<void> {
  if (laid.has(target)) return;
  if (what === 'directory') await fs.mkdir(target, { recursive: true });
  else {
    await fs.mkdir(path.dirname(target), { recursive: true });
    await (await fs.open(target, 'a')).close();
  }
  await execa('mount', ['--bind', source, target]);
  laid.add(target);
}
