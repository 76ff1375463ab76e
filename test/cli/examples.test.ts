import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { git } from '../adapters/support/git.ts';
import { withRehearsal } from './rehearsal.ts';
import { commandExamples, type Ran, runCommand } from './run-command.ts';
import { scratchFile } from './scratch.ts';

/** Every example of every command's help, in an order that makes sense, with its exit code where that is not 0. */
const STORY: readonly (readonly [example: string, exit?: number])[] = [
  ['complete bash'],
  ['complete zsh'],
  ['complete fish'],
  ['init'],
  ['init --context homelab --goals logging/goals.json'],
  ['goals schema > goals/goals.schema.json'],
  ['goals validate goals/goals.json'],
  ['goals validate --strict'],
  ['goals migrate goals/goals.json'],
  ['phase list'],
  ['phase show 2'],
  ['status --offline'],
  ['status --offline -o markdown'],
  ['status --context homelab'],
  ['metrics'],
  ['metrics -o json'],
  ['triggers'],
  ['triggers -o json --exit-code'],
  ['doctor'],
  ['doctor -o json'],
  ['doctor --role | kubectl apply -f -'],
  ['doctor --role --subject Group:platform > role.yaml'],
  ['phase validate 0'],
  ['phase run 0'],
  ['phase plan 1'],
  ['plan'],
  ['plan 2'],
  ['run --dry-run'],
  ['phase run phase-1 --yes -o ndjson'],
  ['run --from 1 --to 2 --yes'],
  ['phase rollback 2 --dry-run'],
  ['phase rollback 2 --yes'],
  ['phase rollback 1 --lose "bucket loki-logs" --yes'],
  ['plan --out plan.json'],
  ['run --plan plan.json'],
  ['run'],
  ['approve 6.1 "Documentation reviewed and approved" --by "Ada Lovelace" --note "read and followed" --evidence docs/logging/runbook.md'],
  ['approve 6.2 --by "Ada Lovelace" --note "the team was trained on 21 November"'],
  ['resume'],
  ['resume --yes -o ndjson'],
  ['verify'],
  ['verify --probe --record'],
  ['verify -o junit > verify.xml'],
  ['runs list'],
  ['runs list -o json'],
  ['runs show'],
  ['runs show --verify'],
  ['runs show -o ndjson > run.ndjson'],
  ['unlock'],
  ['unlock --force --yes'],
  ['rehearse --fault oom-loop', 1],
];

/** Executed by other tests: README's first commands, and the server of test/cli/program.ts. */
const ELSEWHERE: readonly string[] = ['rehearse', 'rehearse --goals goals/goals.json -o ndjson', 'rehearse --serve --to 1'];

test('every example of the help works as it is written', { timeout: 120_000 }, async () => {
  const examples = await commandExamples();
  expect([...STORY.map(([example]) => example), ...ELSEWHERE].toSorted()).toEqual(examples.toSorted());
  await withRehearsal(async ({ checkout, kubeconfig }) => {
    // The context that the examples name.
    vi.stubEnv('KUBECONFIG', await scratchFile('kubeconfig', kubeconfig.replaceAll('rehearsal', 'homelab')));
    await rm(join(checkout, 'goals'), { recursive: true });
    for (const [example, wanted = 0] of STORY) {
      // Who reviews what was committed has fetched it.
      if (example.includes('--evidence')) git(checkout, 'pull', '--quiet', '--rebase', '--autostash', 'origin', 'main');
      const { exit, stdout, stderr } = await runExample(example, checkout);
      expect(`${example}: exit ${exit}`, stdout + stderr).toBe(`${example}: exit ${wanted}`);
    }
  });
});

/** What it would be piped into is not ours. */
async function runExample(example: string, folder: string): Promise<Ran> {
  const [line = '', file] = example.replace(/ \| .*/, '').split(' > ');
  const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
  const ran = await runCommand(words);
  if (file !== undefined) await writeFile(join(folder, file), ran.stdout);
  return ran;
}
