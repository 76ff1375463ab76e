import fs from 'node:fs';
import path from 'node:path';
// Deep import: the package's index loads every generated API, and only its configuration is used.
import { KubeConfig } from '@kubernetes/client-node/dist/config.js';
import { parse } from 'yaml';

/** Reads what a path, KUBECONFIG or the usual places name. @throws the library's and the system's errors */
export function readKubeconfig(named: string | undefined): KubeConfig {
  const config = new KubeConfig();
  const listed = (process.env.KUBECONFIG ?? '').split(path.delimiter).filter((file) => file !== '');
  const files = named === undefined ? presentOf(listed) : [named];
  const [first, ...others] = files;
  if (first === undefined) config.loadFromDefault();
  else config.loadFromFile(first);
  for (const file of others) add(config, file);
  const usual = path.join(process.env.HOME ?? '', '.kube', 'config');
  for (const file of first === undefined ? [usual] : files) readTokenFiles(config, file);
  for (const { exec } of config.users) if (exec) tellPlugin(exec);
  return config;
}

/** As kubectl does: of several files those that are not there are passed over. */
function presentOf(files: readonly string[]): readonly string[] {
  const present = files.filter((file) => fs.existsSync(file));
  return present.length === 0 ? files : present;
}

/** As kubectl does: whatever an earlier file has, its current context too, stays. */
function add(config: KubeConfig, file: string): void {
  const next = new KubeConfig();
  next.loadFromFile(file);
  const isNew =
    (known: readonly { name: string }[]) =>
    ({ name }: { name: string }) =>
      known.every((one) => one.name !== name);
  next.clusters = next.clusters.filter(isNew(config.clusters));
  next.users = next.users.filter(isNew(config.users));
  next.contexts = next.contexts.filter(isNew(config.contexts));
  config.mergeConfig(next, Boolean(config.currentContext));
}

interface Raw {
  readonly users?: readonly { readonly name?: string; readonly user?: { readonly tokenFile?: string } }[];
}

/** The library looks for `token-file`, which no kubeconfig has, and would read it only once. */
function readTokenFiles(config: KubeConfig, file: string): void {
  if (!fs.existsSync(file)) return;
  const { users = [] } = (parse(fs.readFileSync(file, 'utf8')) ?? {}) as Raw;
  for (const { name, user } of users) {
    const known = config.users.find((one) => one.name === name);
    if (known === undefined || !user?.tokenFile) continue;
    const tokenFile = path.resolve(path.dirname(file), user.tokenFile);
    Object.assign(known, { token: undefined, authProvider: { name: 'tokenFile', config: { tokenFile } } });
  }
}

/** Plugins ask there which version to answer in, and whether anybody can be asked. */
function tellPlugin(exec: { apiVersion?: string; env?: { name: string; value: string }[] | null }): void {
  const info = { apiVersion: exec.apiVersion, kind: 'ExecCredential', spec: { interactive: false } };
  exec.env = [...(exec.env ?? []), { name: 'KUBERNETES_EXEC_INFO', value: JSON.stringify(info) }];
}
