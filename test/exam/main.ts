import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { FAULTS } from '#rehearsal/faults/index.ts';
import { inWorkers } from '../workers.ts';
import type { FaultResult } from './faults.ts';
import { TAMPERINGS } from './front.ts';
import { type MutationResult, nameMutation } from './mutations.ts';
import { describeCoverage, type ExamResults, isNoticed } from './report.ts';
import { explain } from './survivors.ts';
import type { TamperingResult } from './tampering.ts';
import type { Answer, ExamPlan, Task } from './task.ts';

/** More than there are cores: much of the time is waited for answers that never come. */
const WORKERS = 3;
const WORKER = join(import.meta.dirname, 'worker.ts');
const COVERAGE = resolve(import.meta.dirname, '../../docs/coverage.md');
const PROGRESS_EVERY = 10_000;

const { values } = parseArgs({ options: { only: { type: 'string' } } });
const only = new RegExp(values.only ?? '');
const began = performance.now();
const { plan, faults, mutations, tamperings, crashes } = await performAll();

const missed = faults.filter(({ caught }) => !caught);
for (const { fault, into, state, said } of missed) tell(`fault ${fault} in a ${into} rollout: its check is ${state}: ${said}`);
const survivors = mutations.filter((result) => !isNoticed(result));
const unexplained = survivors.filter((result) => explain(nameMutation(result)) === undefined);
for (const result of unexplained) tell(`${nameMutation(result)}: nobody noticed, and nothing says why that may be`);
const taken = tamperings.filter((result) => result.taken.length > 0);
for (const { target, how, taken: checks } of taken) tell(`${target} answers ${how}: ${checks.join(', ')} met nevertheless`);
for (const crash of crashes) tell(`the embedded cluster could not play ${crash}`);
if (values.only === undefined) await writeFile(COVERAGE, describeCoverage({ plan, faults, mutations, tamperings }));
tell(`took ${((performance.now() - began) / 1000).toFixed(1)} s`);
if (missed.length + unexplained.length + taken.length + crashes.length > 0) process.exitCode = 1;
const counted = taken.reduce((sum, { taken: checks }) => sum + checks.length, 0);
process.stdout.write(
  `faults ${faults.length - missed.length}/${faults.length}, mutations ${mutations.length - survivors.length}/${mutations.length}, unreadable taken as met ${counted}\n`,
);

/** What is found out by the way is put into copies of the completed rollout: these take no time of their own to be made. */
function tasksOf({ mutations, targets }: ExamPlan): readonly Task[] {
  return [
    ...TAMPERINGS.toReversed().flatMap((how) => targets.map((target): Task => ({ of: 'tampering', target, how }))),
    ...mutations.map((mutation): Task => ({ of: 'mutation', mutation })),
  ];
}

function describeTask(task: Task): string {
  if (task.of === 'fault') return `fault ${task.name}`;
  if (task.of === 'tampering') return `tampering ${task.target} ${task.how}`;
  return task.of === 'mutation' ? `mutation ${task.mutation.ref.kind} ${task.mutation.ref.name} ${task.mutation.path.join('.')}` : task.of;
}

async function performAll(): Promise<ExamResults & { readonly crashes: readonly string[] }> {
  let plan: ExamPlan = { mutations: [], skipped: [], targets: [] };
  const faults: FaultResult[] = [];
  const mutations: MutationResult[] = [];
  const tamperings: TamperingResult[] = [];
  const crashes: string[] = [];
  const told = () => `${faults.length} faults, ${tamperings.length} tampered answers, ${mutations.length} mutations`;
  const progress = setInterval(() => tell(told()), PROGRESS_EVERY);
  const listed = FAULTS.map(({ name }): Task => ({ of: 'fault', name })).filter(isWanted);
  await inWorkers<Task, Answer>(WORKER, WORKERS, [{ of: 'plan' }, ...listed], (task, answer) => {
    if (answer.of === 'crash') crashes.push(`${describeTask(task)}: ${answer.why}`);
    if (answer.of === 'fault') faults.push(answer.result);
    if (answer.of === 'mutation') mutations.push(answer.result);
    if (answer.of === 'tampering') tamperings.push(answer.result);
    if (answer.of !== 'plan') return undefined;
    plan = answer.plan;
    return tasksOf(plan).filter(isWanted);
  });
  clearInterval(progress);
  return { plan, faults, mutations, tamperings, crashes };
}

function isWanted(task: Task): boolean {
  return only.test(describeTask(task));
}

function tell(text: string): void {
  process.stderr.write(`${text}\n`);
}
