import { readFile, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { serveRehearsal } from './program.ts';
import { commandExamples, root } from './run-command.ts';
import { scratchFile, scratchFolder } from './scratch.ts';

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
  ['runs show -o ndjson > run.ndjson'],
  ['unlock'],
  ['unlock --force --yes'],
  ['rehearse --fault oom-loop', 1],
];

/** Executed by other tests: README's first commands, and the server that this one has. */
const ELSEWHERE: readonly string[] = ['rehearse', 'rehearse --goals goals/goals.json -o ndjson', 'rehearse --serve --to 1'];

test('every example of the help works as it is written', { timeout: 180_000 }, async () => {
  const examples = await commandExamples();
  expect([...STORY.map(([example]) => example), ...ELSEWHERE].toSorted()).toEqual(examples.toSorted());
  const { cwd, env } = await serveRehearsal();
  await rm(join(cwd, 'goals'), { recursive: true });
  const shell = { cwd, env: { ...env, ...(await surroundings(env.KUBECONFIG)) }, reject: false, all: true, input: '' } as const;
  const ended: string[] = [];
  for (const [example] of STORY) {
    const { exitCode, all } = await execa('bash', ['-o', 'pipefail', '-c', `anton-logging ${example}`], shell);
    ended.push(`${example}: exit ${exitCode}`);
    expect(ended, all).toEqual(STORY.slice(0, ended.length).map(([told, wanted = 0]) => `${told}: exit ${wanted}`));
  }
});

/** The program by its name, and the context that the examples name. Of a pipe into kubectl this is our half: the embedded API has no OpenAPI to validate by. */
async function surroundings(kubeconfig: string): Promise<Record<string, string>> {
  const folder = await scratchFolder();
  const put = (name: string, text: string) => writeFile(join(folder, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  await put('anton-logging', `exec ${process.execPath} ${join(root, 'bin/run.js')} "$@"`);
  await put('kubectl', 'cat > /dev/null');
  const text = (await readFile(kubeconfig, 'utf8')).replaceAll('rehearsal', 'homelab');
  return { PATH: `${folder}${delimiter}${process.env.PATH}`, KUBECONFIG: await scratchFile('kubeconfig', text) };
}
