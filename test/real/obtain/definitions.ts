import fs from 'node:fs/promises';
import path from 'node:path';
import type { PartName } from '../cluster.ts';
import { moduleDirectory } from './binaries.ts';

/** The kinds that Flux, the operator of Prometheus and External Secrets bring: out of their own modules. */
const DEFINITIONS = [
  ...(['source-controller', 'kustomize-controller', 'helm-controller'] as const).map(
    (part) =>
      ({
        part,
        folder: 'cluster',
        module: `github.com/fluxcd/${part}`,
        below: 'config/crd/bases',
        which: /^(?!kustomization).*\.yaml$/,
      }) as const,
  ),
  {
    part: 'prometheus',
    folder: 'crds',
    module: 'github.com/prometheus-operator/prometheus-operator',
    below: 'example/prometheus-operator-crd',
    which: /_(prometheuses|prometheusrules|servicemonitors)\.yaml$/,
  },
  {
    part: 'helm-controller',
    folder: 'crds',
    module: 'github.com/external-secrets/external-secrets',
    below: 'config/crds/bases',
    which: /^external-secrets\.io_(externalsecrets|secretstores)\.yaml$/,
  },
] as const;

/** Their files. A part whose kinds can't be had is as good as missing itself. */
export async function findDefinitions(missing: Partial<Record<PartName, string>>): Promise<readonly string[]> {
  const found = await Promise.all(
    DEFINITIONS.map(async ({ part, folder, module, below, which }) => {
      const directory = await moduleDirectory(folder, module);
      if (directory === undefined) {
        missing[part] ??= `the module ${module}, which has kinds that it needs, can't be had`;
        return [];
      }
      const names = await fs.readdir(path.join(directory, below));
      return names.filter((name) => which.test(name)).map((name) => path.join(directory, below, name));
    }),
  );
  return found.flat();
}
