import { createHash } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { stringify } from 'yaml';

/** Charts of our own for the test, by the versions that are served of them. */
const SERVED: Readonly<Record<string, readonly string[]>> = {
  loki: ['18.11.0', '18.10.2'],
  alloy: ['1.11.1', '1.11.0'],
  airflow: ['1.18.0'],
  'kube-prometheus-stack': ['79.5.0'],
};

/** Packages test/real/charts into a Helm repository of plain files: https://helm.sh/docs/topics/chart_repository/. */
export async function packCharts(directory: string, url: string): Promise<void> {
  await fs.mkdir(directory, { recursive: true });
  const entries: Record<string, object[]> = {};
  for (const [name, versions] of Object.entries(SERVED)) {
    for (const version of versions) {
      const file = `${name}-${version}.tgz`;
      const description = await pack(name, version, path.join(directory, file));
      const digest = createHash('sha256')
        .update(await fs.readFile(path.join(directory, file)))
        .digest('hex');
      entries[name] = [...(entries[name] ?? []), { ...description, digest, urls: [`${url}/${file}`], created: '2026-01-01T00:00:00Z' }];
    }
  }
  await fs.writeFile(path.join(directory, 'index.yaml'), stringify({ apiVersion: 'v1', entries }));
}

/** The same templates under another version. */
async function pack(name: string, version: string, file: string): Promise<object> {
  const folder = await fs.mkdtemp(path.join(path.dirname(file), 'pack-'));
  await fs.cp(path.join(import.meta.dirname, '..', 'charts', name), path.join(folder, name), { recursive: true });
  const chart = path.join(folder, name, 'Chart.yaml');
  const text = (await fs.readFile(chart, 'utf8')).replace(/^version: .*$/m, `version: ${version}`);
  await fs.writeFile(chart, text);
  await execa('tar', ['-czf', file, '-C', folder, name]);
  await fs.rm(folder, { recursive: true });
  return { apiVersion: 'v2', name, version };
}
