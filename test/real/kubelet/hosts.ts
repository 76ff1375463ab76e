import fs from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import type { Manifest } from '#model/kubernetes.ts';
import { hasLabels, specOf, statusOf } from '#rehearsal/tree.ts';
import { HOST } from '../parts/network.ts';

/** In place of a DNS: the names of all Services in /etc/hosts, which in this namespace is a file of our own. */
export async function openHosts(directory: string): Promise<(services: readonly Manifest[], pods: readonly Manifest[]) => Promise<void>> {
  const file = path.join(directory, 'hosts');
  await fs.writeFile(file, '127.0.0.1 localhost\n');
  await execa('mount', ['--bind', file, '/etc/hosts']);
  let written = '';
  return async (services, pods) => {
    const lines = services.map((service) => {
      const { name, namespace } = service.metadata;
      const { clusterIP, selector } = specOf(service);
      const isHeadless = clusterIP === undefined || clusterIP === '' || clusterIP === 'None';
      const pod = pods.find((each) => each.metadata.namespace === namespace && hasLabels(each, selector));
      const address: string = isHeadless ? (statusOf(pod).podIP ?? HOST) : clusterIP;
      return `${address} ${name}.${namespace}.svc.cluster.local ${name}.${namespace}.svc ${name}.${namespace}`;
    });
    const text = ['127.0.0.1 localhost', ...lines.sort(), ''].join('\n');
    // Written in place: a new file would not be the one that is mounted.
    if (text !== written) await fs.writeFile(file, text);
    written = text;
  };
}
