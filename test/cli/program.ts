import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { execa, type Options } from 'execa';
import { onTestFinished } from 'vitest';
import { root } from './run-command.ts';
import { scratchFolder } from './scratch.ts';

type Surroundings = Pick<Options, 'cwd' | 'env' | 'input'>;

/** The built program as a user starts it; what `npm run build` made is tested. */
export const runProgram = (args: readonly string[], options: Surroundings = {}) =>
  execa(process.execPath, [join(root, 'bin/run.js'), ...args], { reject: false, ...options });

/** `rehearse --serve` in a process of its own, and the surroundings that it prints for other commands. */
export async function serveRehearsal() {
  const env = { XDG_STATE_HOME: await scratchFolder(), TMPDIR: await scratchFolder() };
  const server = runProgram(['rehearse', '--serve', '--goals', join(root, 'goals/goals.json')], { env });
  onTestFinished(async () => {
    server.kill();
    await server;
  });
  const lines: string[] = [];
  for await (const line of createInterface({ input: server.stdout as Readable })) {
    lines.push(line);
    if (line.startsWith('cd ')) break;
  }
  const variable = (name: string): string => lines.find((line) => line.startsWith(`export ${name}=`))?.split('=')[1] ?? '';
  return {
    cwd: lines.at(-1)?.slice(3) ?? '',
    env: { ...env, KUBECONFIG: variable('KUBECONFIG'), ANTON_LOGGING_REHEARSAL: variable('ANTON_LOGGING_REHEARSAL') },
    async stop(): Promise<number | undefined> {
      server.kill('SIGINT');
      return (await server).exitCode;
    },
  };
}
