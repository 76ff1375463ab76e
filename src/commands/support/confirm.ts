import { createInterface } from 'node:readline/promises';
import { addressOf, type Kubernetes } from '#adapters/kubernetes/connect.ts';
import type { GitOps } from '#model/environment.ts';
import { EXIT, UserError } from '#model/errors.ts';
import type { RemoteAnswer } from '#model/read.ts';
import { oneLine } from '#ui/text.ts';

interface Intent {
  readonly kubernetes: Pick<Kubernetes, 'contextName' | 'server'>;
  readonly repository?: Pick<RemoteAnswer, 'remote' | 'branch'>;
  readonly delivery?: GitOps['delivery'];
  /** "run phases 1 to 6" */
  readonly what: string;
}

/**
 * Shows what is going to be written where, and asks.
 * @throws UserError when the answer is no, or when there is nobody to ask
 */
export async function confirm({ kubernetes, repository, delivery, what }: Intent, yes: boolean, signal: AbortSignal): Promise<void> {
  process.stderr.write(`About to ${what}\n  context:    ${oneLine(kubernetes.contextName)}\n  API server: ${addressOf(kubernetes)}\n`);
  if (repository !== undefined) {
    process.stderr.write(
      `  repository: ${oneLine(repository.remote)}\n  branch:     ${oneLine(repository.branch)}${delivery === 'pull-request' ? ', by branches that somebody merges' : ''}\n`,
    );
  }
  if (yes) return;
  if (process.stdin.isTTY !== true || process.stderr.isTTY !== true) {
    throw new UserError(
      'nobody can be asked whether to write there: this is no terminal',
      'say --yes when this is the right cluster and repository',
    );
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // Ctrl-C at the question reaches the terminal's reader, not the process.
  terminal.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    const answer = await terminal.question('Go on? [y/N] ', { signal });
    if (!/^y(es)?$/i.test(answer.trim())) throw new UserError('stopped: nothing was changed', 'answer y, or say --yes', EXIT.usage);
  } finally {
    terminal.close();
  }
}
