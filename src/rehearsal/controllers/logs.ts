import type { Manifest } from '#model/kubernetes.ts';
import { hashOf, specOf, statusOf } from '../tree.ts';
import type { LogLine, World } from '../world.ts';

/** Whoever is silent for this long writes a line; milliseconds. */
const SILENCE = 60_000;

/** Key of a pod in `world.logs`. */
export function logKey(pod: Manifest): string {
  return `${pod.metadata.namespace}/${pod.metadata.name}`;
}

export function writeLog(world: World, pod: Manifest, container: string, line: string): void {
  logOf(world, pod).push({ container, at: world.now(), line });
}

/** Running pods have something to say once a minute; Airflow's scheduler reports the tasks that it saw end. */
export function writeRoutineLogs(world: World): void {
  const now = world.now();
  for (const pod of world.store.list('v1', 'Pod')) {
    const last = logOf(world, pod).at(-1);
    if (statusOf(pod).phase !== 'Running' || (last !== undefined && now.getTime() - last.at.getTime() < SILENCE)) continue;
    for (const status of statusOf(pod).containerStatuses ?? [])
      if (status.state.running) writeLog(world, pod, status.name, routineLine(pod, now));
  }
}

function routineLine(pod: Manifest, now: Date): string {
  if (!specOf(pod).containers.some(({ name }: { name: string }) => name === 'scheduler'))
    return `level=info ts=${now.toISOString()} msg="at work"`;
  const run = hashOf(now.getTime(), 8);
  const dag = ['etl', 'reports', 'cleanup'][now.getTime() % 3];
  return `[${now.toISOString()}] {taskinstance.py} INFO - Marking task as SUCCESS. dag_id=${dag}, task_id=load, run_id=scheduled__${run}, try_number=1`;
}

function logOf(world: World, pod: Manifest): LogLine[] {
  const lines = world.logs.get(logKey(pod)) ?? [];
  world.logs.set(logKey(pod), lines);
  return lines;
}
