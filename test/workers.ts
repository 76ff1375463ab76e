import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/**
 * Has each task done by one of `count` processes of `script`, which answers each message that it gets with one of its own; whoever is
 * done first gets the next. `onAnswer` may name more tasks.
 * @throws Error when a process ends before it has answered
 */
export async function inWorkers<Task extends object, Answer>(
  script: string,
  count: number,
  tasks: readonly Task[],
  onAnswer: (task: Task, answer: Answer) => readonly Task[] | undefined,
): Promise<void> {
  const open = [...tasks];
  const work = async () => {
    using worker = startWorker<Task, Answer>(script);
    for (let task = open.shift(); task !== undefined; task = open.shift()) open.push(...(onAnswer(task, await worker.ask(task)) ?? []));
  };
  await Promise.all(Array.from({ length: Math.min(count, tasks.length) }, work));
}

function startWorker<Task extends object, Answer>(script: string) {
  const child = fork(script);
  const death = deathOf(child);
  // It is told where an answer is awaited; the end that we ask for is none.
  death.catch(() => {});
  return {
    async ask(task: Task): Promise<Answer> {
      const answer = new Promise<Answer>((resolve) => child.once('message', (message) => resolve(message as Answer)));
      child.send(task);
      return Promise.race([answer, death]);
    },
    [Symbol.dispose]() {
      if (child.connected) child.disconnect();
    },
  };
}

async function deathOf(child: ChildProcess): Promise<never> {
  const [code] = await once(child, 'exit');
  throw new Error(`a worker ended with exit code ${code}: what it printed says why`);
}
