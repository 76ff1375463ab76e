import { FAULTS } from '#rehearsal/faults/index.ts';
import { examineFault } from './faults.ts';
import { completeRehearsal } from './fork.ts';
import { chooseMutations, examineMutation } from './mutations.ts';
import { examineTampering, recordTargets } from './tampering.ts';
import type { Answer, Task } from './task.ts';

const completing = completeRehearsal();
/** What stale answers say was said here, too: names that are made up by chance are this process' own. */
const recording = completing.then(recordTargets);

process.on('message', async (task: Task) => {
  const crash = new Promise<Answer>((resolve) => {
    process.once('uncaughtException', ({ stack = '' }) => resolve({ of: 'crash', why: stack }));
  });
  const answer = await Promise.race([perform(task), crash]);
  process.removeAllListeners('uncaughtException');
  process.send?.(answer);
});
process.on('disconnect', async () => {
  await (await completing).stop();
  process.exit();
});

async function perform(task: Task): Promise<Answer> {
  const completed = await completing;
  switch (task.of) {
    case 'plan':
      return { of: 'plan', plan: { ...(await chooseMutations(completed)), targets: (await recording).targets } };
    case 'fault': {
      const fault = FAULTS.find(({ name }) => name === task.name);
      if (fault === undefined) throw new Error(`there is no fault ${task.name}`);
      return { of: 'fault', result: await examineFault(fault, completed) };
    }
    case 'mutation':
      return { of: 'mutation', result: await examineMutation(task.mutation, completed) };
    case 'tampering':
      return { of: 'tampering', result: await examineTampering(completed, await recording, task.target, task.how) };
  }
}
