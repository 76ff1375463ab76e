import fs from 'node:fs/promises';
import path from 'node:path';
import type { Manifest } from '#model/kubernetes.ts';
import { dataOf, specOf, type Tree } from '#rehearsal/tree.ts';
import { volumePath } from './root.ts';

/** Plays the sidecar `loki-sc-rules`: ConfigMaps with label loki_rule become files in the folder that their annotation names. */
export async function writeRules(directory: string, pod: Manifest, configMaps: readonly Manifest[]): Promise<void> {
  const sidecar = specOf(pod).containers.find(({ name }: Tree) => name === 'loki-sc-rules');
  const mount = sidecar?.volumeMounts?.find(({ mountPath }: Tree) => mountPath === '/rules');
  if (mount === undefined) return;
  const volume = volumePath(directory, pod, mount.name);
  for (const configMap of configMaps) {
    const { metadata } = configMap;
    if (metadata.labels?.loki_rule === undefined) continue;
    const folder = path.join(volume, path.relative('/rules', metadata.annotations?.['k8s-sidecar-target-directory'] ?? '/rules'));
    for (const [file, content] of Object.entries(dataOf(configMap))) await writeOnce(path.join(folder, file), content);
  }
}

async function writeOnce(file: string, content: string): Promise<void> {
  if ((await fs.readFile(file, 'utf8').catch(() => undefined)) === content) return;
  await fs.mkdir(path.dirname(file), { recursive: true });
  await fs.writeFile(file, content);
}
