import type { ServerResponse } from 'node:http';
import type { Manifest } from '#model/kubernetes.ts';
import { logKey } from '../controllers/logs.ts';
import { specOf, statusOf, type Tree } from '../tree.ts';
import type { LogLine, World } from '../world.ts';
import { badRequest } from './status.ts';

/** Milliseconds between two looks for new lines of a log that is followed. */
const LOOK_EVERY = 200;

/** Sends what a container of a pod has written. @throws Refusal 400 for a container that the pod does not have, or that never ended before */
export function sendLog(world: World, pod: Manifest, query: URLSearchParams, response: ServerResponse): undefined {
  const { name } = pod.metadata;
  const names: string[] = specOf(pod).containers.map((container: Tree) => container.name);
  const chosen = query.get('container') ?? (names.length === 1 ? names[0] : undefined);
  if (chosen === undefined) throw badRequest(`a container name must be specified for pod ${name}, choose one of: [${names.join(' ')}]`);
  if (!names.includes(chosen)) throw badRequest(`container ${chosen} is not valid for pod ${name}`);
  const ended: Tree = statusOf(pod).containerStatuses?.find((one: Tree) => one.name === chosen)?.lastState?.terminated;
  const isPrevious = query.get('previous') === 'true';
  if (isPrevious && ended === undefined) throw badRequest(`previous terminated container "${chosen}" in pod "${name}" not found`);
  const until = isPrevious ? Date.parse(ended.finishedAt) + 999 : Number.POSITIVE_INFINITY;
  const since = query.has('sinceSeconds') ? world.now().getTime() - Number(query.get('sinceSeconds')) * 1000 : 0;
  const written = () => (world.logs.get(logKey(pod)) ?? []).filter(({ container }) => container === chosen);
  const lines = written().filter(({ at }) => at.getTime() >= since && at.getTime() <= until);
  const last = query.has('tailLines') ? lines.slice(Math.max(0, lines.length - Number(query.get('tailLines')))) : lines;
  const answer = response.writeHead(200, { 'Content-Type': 'text/plain' });
  if (query.get('follow') === 'true' && !isPrevious) follow(written, last, answer);
  else answer.end(textOf(last));
}

/** Sends these lines and what is written from now on, until the client leaves. */
function follow(written: () => readonly LogLine[], first: readonly LogLine[], response: ServerResponse): void {
  let seen = written().length;
  response.write(textOf(first));
  const timer = setInterval(() => {
    const lines = written();
    if (lines.length > seen) response.write(textOf(lines.slice(seen)));
    seen = lines.length;
  }, LOOK_EVERY);
  response.on('close', () => clearInterval(timer));
}

function textOf(lines: readonly LogLine[]): string {
  return lines.map(({ line }) => `${line}\n`).join('');
}
