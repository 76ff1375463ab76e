import { existsSync } from 'node:fs';
import fs from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { cacheDirectory, keyOf } from './cache.ts';

const PACKAGES = ['ceph-mon', 'ceph-osd', 'radosgw', 'ceph-common', 'prometheus', 'nginx-light', 'memcached'] as const;

export interface Packages {
  /** A tree as below "/", with what the packages and those that they need bring. */
  readonly root: string;
  readonly versions: Readonly<Record<(typeof PACKAGES)[number], string>>;
}

/** Debian's packages, unpacked and not installed: no service is started, and the machine stays as it is. A text says why they can't be had. */
export async function obtainPackages(tell: (line: string) => void): Promise<Packages | string> {
  const policy = await apt('apt-cache', 'policy', ...PACKAGES);
  if (policy.failed) return 'there is no apt: Debian has them';
  let versions = candidatesOf(policy.stdout);
  if (versions === undefined) {
    tell('apt-get update …');
    await apt('apt-get', 'update');
    versions = candidatesOf((await apt('apt-cache', 'policy', ...PACKAGES)).stdout);
  }
  if (versions === undefined) return `apt knows no ${PACKAGES.join(', ')}`;
  const root = cacheDirectory(`debian-${keyOf(JSON.stringify(versions))}`);
  if (existsSync(root)) return { root, versions };
  tell('downloading packages of Debian …');
  const partial = `${root}.${process.pid}`;
  const archives = path.join(partial, 'archives');
  await fs.mkdir(path.join(archives, 'partial'), { recursive: true });
  const wanted = ['--yes', '--no-install-recommends', '--download-only', '-o', `Dir::Cache::archives=${archives}`, ...PACKAGES];
  const fetched = await apt('apt-get', 'install', ...wanted);
  if (fetched.failed) return `apt-get: ${fetched.stderr.trim().split('\n').at(-1)}`;
  for (const name of await fs.readdir(archives)) {
    if (name.endsWith('.deb')) await execa('dpkg', ['-x', path.join(archives, name), partial]);
  }
  await fs.rm(archives, { recursive: true });
  await fs.rename(partial, root);
  return { root, versions };
}

function candidatesOf(policy: string): Packages['versions'] | undefined {
  const found = PACKAGES.map((name) => new RegExp(`^${name}:\\n(?:  .*\\n)*?  Candidate: (?!\\(none\\))(\\S+)`, 'm').exec(policy)?.[1]);
  return found.includes(undefined)
    ? undefined
    : (Object.fromEntries(PACKAGES.map((name, index) => [name, found[index]])) as Packages['versions']);
}

/** Its words are read, so they must not be translated. */
function apt(command: string, ...args: readonly string[]) {
  return execa(command, args, { reject: false, stdin: 'ignore', env: { LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' } });
}
