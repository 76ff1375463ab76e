import { stringify } from 'yaml';
import type { Manifest } from '#model/kubernetes.ts';

/** As one stream of YAML documents, for `kubectl apply -f -`. */
export function manifestsYaml(manifests: readonly Manifest[]): string {
  return manifests.map((manifest) => `---\n${stringify(manifest, { aliasDuplicateObjects: false })}`).join('');
}

/** The same as the one object that the API has for several. */
export function manifestsJson(items: readonly Manifest[]): string {
  return `${JSON.stringify({ apiVersion: 'v1', kind: 'List', items }, undefined, 2)}\n`;
}
