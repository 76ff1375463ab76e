import type { ServerResponse } from 'node:http';
import type { Manifest } from '#model/kubernetes.ts';
import { specOf, type Tree } from '../tree.ts';
import type { World } from '../world.ts';
import { badRequest } from './status.ts';

/** Sends what a container of a pod has written. @throws Refusal 400 for a container that the pod does not have */
export function sendLog(world: World, pod: Manifest, query: URLSearchParams, response: ServerResponse): undefined {
  const { name, namespace } = pod.metadata;
  const names: string[] = specOf(pod).containers.map((container: Tree) => container.name);
  const chosen = query.get('container') ?? (names.length === 1 ? names[0] : undefined);
  if (chosen === undefined) throw badRequest(`a container name must be specified for pod ${name}, choose one of: [${names.join(' ')}]`);
  if (!names.includes(chosen)) throw badRequest(`container ${chosen} is not valid for pod ${name}`);
  const since = query.has('sinceSeconds') ? world.now().getTime() - Number(query.get('sinceSeconds')) * 1000 : 0;
  const lines = (world.logs.get(`${namespace}/${name}`) ?? []).filter(({ container, at }) => container === chosen && at.getTime() >= since);
  const last = query.has('tailLines') ? lines.slice(Math.max(0, lines.length - Number(query.get('tailLines')))) : lines;
  response.writeHead(200, { 'Content-Type': 'text/plain' }).end(last.map(({ line }) => `${line}\n`).join(''));
}
