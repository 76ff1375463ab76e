import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface Sbom {
  serialNumber?: string;
  metadata: { timestamp?: string; component: { name: string; 'bom-ref': string } };
  components: readonly { readonly 'bom-ref': string; readonly name: string; readonly version: string }[];
  dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

/**
 * Writes what the bundle is made of as CycloneDX: npm's own list of the lockfile, less what the bundler left out.
 * @param inputs the files that were bundled, from the root
 */
export function writeSbom(root: string, inputs: readonly string[]): void {
  const bundled = new Set(inputs.flatMap((file) => packageOf(root, file)));
  const args = ['sbom', '--sbom-format', 'cyclonedx', '--sbom-type', 'application', '--package-lock-only', '--offline', '--logs-max', '0'];
  const sbom: Sbom = JSON.parse(
    execFileSync('npm', args, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 26, stdio: ['ignore', 'pipe', 'inherit'] }),
  );
  const components = sbom.components.filter(({ name, version }) => bundled.delete(`${name}@${version}`));
  if (bundled.size > 0) throw new Error(`bundled, and not in the lockfile: ${[...bundled].join(', ')}`);
  const kept = new Set([sbom.metadata.component['bom-ref'], ...components.map((component) => component['bom-ref'])]);
  const dependencies = sbom.dependencies
    .filter(({ ref }) => kept.has(ref))
    .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((one) => kept.has(one)) }));
  // The same sources give the same file.
  const { serialNumber: _, metadata, ...rest } = sbom;
  const { timestamp: __, component, ...about } = metadata;
  const whole = { ...rest, metadata: { ...about, component: { ...component, name: 'anton-logging' } }, components, dependencies };
  writeFileSync(join(root, 'sbom.cdx.json'), `${JSON.stringify(whole, undefined, 2)}\n`);
}

/** "name@version" of the package that a file is of; none for our own. */
function packageOf(root: string, file: string): readonly string[] {
  const [, folder] = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file) ?? [];
  if (folder === undefined) return [];
  const { name, version } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
  return [`${name}@${version}`];
}
