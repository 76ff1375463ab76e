import { existsSync } from 'node:fs';
import fs from 'node:fs/promises';
import path from 'node:path';
import type { Manifest } from '#model/kubernetes.ts';
import type { Tree } from '#rehearsal/tree.ts';
import { type Command, flags } from '../parts/process.ts';
import { environmentOf, type Lookup, layRoot, volumePath } from './root.ts';

/** Containers that have a real process behind them. */
export const REAL_CONTAINERS = ['loki', 'memcached', 'nginx', 'prometheus'] as const;
export type RealContainer = (typeof REAL_CONTAINERS)[number];

export interface Programs {
  /** Told when a container's process was ready for the first time, in milliseconds after its start. */
  readonly onReady: (container: RealContainer, milliseconds: number) => void;
  /** The cluster's own directory. */
  readonly directory: string;
  readonly loki: string | undefined;
  /** Debian's tree; undefined: its packages can't be had. */
  readonly debian: string | undefined;
}

export function isReal(name: string): name is RealContainer {
  return REAL_CONTAINERS.some((real) => real === name);
}

/** Prometheus' configuration and data: the stand-in for its operator writes the one, a test may bring the other. */
export function prometheusHome(directory: string): string {
  return path.join(directory, 'prometheus');
}

/**
 * How to run a container as what it is. Undefined: its program can't be had here.
 * Loki runs in a root of its own, by the configuration, paths, arguments and environment that its chart gives it.
 */
export async function commandFor(
  pod: Manifest,
  container: Tree,
  programs: Programs,
  find: Lookup,
  address: string,
): Promise<Omit<Command, 'name'> | undefined> {
  const { directory, loki, debian } = programs;
  switch (container.name as RealContainer) {
    case 'loki': {
      if (loki === undefined) return undefined;
      const root = await layRoot(directory, pod, container, loki, find);
      return { file: 'chroot', args: [root, '/usr/bin/loki', ...(container.args ?? [])], env: environmentOf(pod, container, find) };
    }
    case 'memcached': {
      if (debian === undefined) return undefined;
      // The numeric user of its image is nobody here. Two of them listen at one port, each at its pod's address.
      const args = (container.args ?? []).map((arg: string) => (arg.startsWith('-u') ? '-uroot' : arg));
      return { file: path.join(debian, 'usr/bin/memcached'), args: [...args, '-l', address], env: libraries(debian) };
    }
    case 'nginx': {
      if (debian === undefined) return undefined;
      const { name } = container.volumeMounts.find(({ mountPath }: Tree) => mountPath.startsWith('/etc/nginx'));
      // Its names are those of /etc/hosts, which is this namespace's own; its mounts are where its configuration is looked for.
      await layRoot(directory, pod, container, path.join(debian, 'usr/sbin/nginx'), find);
      const configuration = path.join(volumePath(directory, pod, name), 'nginx.conf');
      const args = ['-p', directory, '-c', configuration, '-g', 'daemon off;'];
      return { file: path.join(debian, 'usr/sbin/nginx'), args, env: libraries(debian) };
    }
    case 'prometheus': {
      if (debian === undefined) return undefined;
      const home = prometheusHome(directory);
      const configuration = path.join(home, 'prometheus.yml');
      await fs.mkdir(home, { recursive: true });
      if (!existsSync(configuration)) await fs.writeFile(configuration, 'scrape_configs: []\n');
      const args = {
        'config.file': configuration,
        'storage.tsdb.path': path.join(home, 'data'),
        'web.listen-address': '0.0.0.0:9090',
        'web.console.templates': path.join(debian, 'etc/prometheus/consoles'),
        'web.console.libraries': path.join(debian, 'etc/prometheus/console_libraries'),
        'log.level': 'warn',
      };
      const switches = ['--web.enable-lifecycle', '--web.enable-remote-write-receiver'];
      return {
        file: path.join(debian, 'usr/bin/prometheus'),
        args: [...flags(args), ...switches],
      };
    }
  }
}

function libraries(debian: string): Record<string, string> {
  return { LD_LIBRARY_PATH: [path.join(debian, 'usr/lib/x86_64-linux-gnu'), path.join(debian, 'lib/x86_64-linux-gnu')].join(':') };
}
