import type { Manifest } from '#model/kubernetes.ts';
import { dataOf, hashOf, specOf, statusOf, type Tree, volumeOf } from '../tree.ts';
import type { LogLine, World } from '../world.ts';

/** Whoever is silent for this long writes a line; milliseconds. */
const SILENCE = 60_000;
/** Tasks of Airflow end more often; milliseconds. */
const BETWEEN_TASKS = 5_000;
const TASK_ENDED = 'Marking task as SUCCESS';

/** Key of a pod in `world.logs`: a successor of the same name writes a file of its own. */
export function logKey({ metadata }: Manifest): string {
  return metadata.uid ?? '';
}

/** What `printf` makes of its arguments: the format again for each. */
export function printedLines({ command, args }: Tree): string[] {
  const format: string = command[1].replace(/\\n$/, '');
  return args.map((arg: string) => format.replace('%s', arg));
}

export function writeLog(world: World, pod: Manifest, container: string, line: string): void {
  // A pause container has nothing to say.
  if (/\/pause:/.test(specOf(pod).containers[0].image)) return;
  logOf(world, pod).push({ container, at: world.now(), line });
}

/** Running pods have something to say once a minute; Airflow's scheduler reports the tasks that it saw end. */
export function writeRoutineLogs(world: World): void {
  const now = world.now();
  for (const pod of world.store.list('v1', 'Pod')) {
    if (statusOf(pod).phase !== 'Running') continue;
    const isScheduler = specOf(pod).containers[0].name === 'scheduler';
    const last = logOf(world, pod).findLast(({ line }) => !isScheduler || line.includes(TASK_ENDED));
    if (last !== undefined && now.getTime() - last.at.getTime() < (isScheduler ? BETWEEN_TASKS : SILENCE)) continue;
    const lines = isScheduler ? endTask(world, pod) : [`level=info ts=${now.toISOString()} msg="at work"`];
    const running = statusOf(pod).containerStatuses.filter(({ state }: Tree) => state.running);
    for (const { name } of running) for (const line of lines) writeLog(world, pod, name, line);
  }
}

/** A task that failed once and then came through; with remote logging on, its log goes into the bucket as well. */
function endTask(world: World, pod: Manifest): string[] {
  const now = world.now();
  const run = `scheduled__${hashOf(now.getTime(), 8)}`;
  const task = `dag_id=etl, task_id=load, run_id=${run}`;
  const written = `[${now.toISOString()}] {taskinstance.py}`;
  const lines = [
    `${written} ERROR - Task failed with exception. ${task}, try_number=1`,
    `${written} INFO - ${TASK_ENDED}. ${task}, try_number=2`,
  ];
  const cfg = dataOf(volumeOf(world.store, pod, 'config'))['airflow.cfg'] ?? '';
  const [, bucket = '', folder] = /^remote_base_log_folder = s3:\/\/([^/]+)\/(.+)$/m.exec(cfg) ?? [];
  const log = `${folder}/dag_id=etl/run_id=${run}/task_id=load/attempt=2.log`;
  if (/^remote_logging = True$/m.test(cfg)) world.buckets.put(bucket, log, Buffer.from(`${lines.join('\n')}\n`));
  return lines;
}

function logOf(world: World, pod: Manifest): LogLine[] {
  const lines = world.logs.get(logKey(pod)) ?? [];
  world.logs.set(logKey(pod), lines);
  return lines;
}
