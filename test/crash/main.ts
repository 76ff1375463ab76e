import { parseArgs } from 'node:util';
import { choosePoints, dealChains, describePoint, KINDS, kindOf, type Point, parsePoint, RULE } from './point.ts';
import type { Story } from './rollout.ts';
import { type Result, rollOutUndisturbed, tryChains } from './workers.ts';

const PROGRESS_EVERY = 10_000;
const SHOWN_TROUBLES = 8;

// Each point that is named is a death of the same rollout.
const { values } = parseArgs({ options: { story: { type: 'string', default: 'run' }, point: { type: 'string', multiple: true } } });
const began = performance.now();
const named = values.point?.map(parsePoint);
const stories: readonly Story[] = named === undefined ? ['run', 'rollback', 'plan'] : [values.story as Story];
tell(
  `tried are, of a run of all phases and of a rollback of phase 1,\n  ${RULE};\nand of a plan that is saved the files alone, since it writes nothing else`,
);
let converged = 0;
let tried = 0;
for (const story of stories) {
  const results = await tryStory(story);
  tried += sizeOf(results);
  converged += sizeOf(results.filter(({ troubles }) => troubles.length === 0));
}
tell(`took ${seconds([performance.now() - began])} s`);
if (converged < tried) process.exitCode = 1;
process.stdout.write(`crash points ${converged}/${tried} converged\n`);

async function tryStory(story: Story): Promise<readonly Result[]> {
  const undisturbed = await rollOutUndisturbed(story);
  const points = named ?? choosePoints(undisturbed.visits).filter((point) => story !== 'plan' || kindOf(point) === 'file');
  const chains = named === undefined ? dealChains(points) : [named];
  tell(`${story}: undisturbed it took ${seconds(undisturbed.took)} s and did ${undisturbed.visits.length} things`);
  for (const kind of KINDS) tell(`  ${kind}: ${countOf(points, kind)} points of ${countOf(undisturbed.visits, kind)}`);
  tell(`  ${points.length} points in ${chains.length} rollouts, resumed after each`);
  let done = 0;
  const progress = setInterval(() => tell(`  ${done} of ${points.length} points`), PROGRESS_EVERY);
  const results = await tryChains(story, chains, undisturbed, (result) => {
    done += result.deaths.length;
    if (result.troubles.length > 0) explain(story, result);
  });
  clearInterval(progress);
  const [slowest] = results.toSorted((one, other) => Math.max(...other.took) - Math.max(...one.took));
  if (slowest !== undefined) tell(`  the slowest process: in ${seconds(slowest.took)} s of${namesOf(slowest)}`);
  const missed = results.reduce((sum, each) => sum + each.missed, 0);
  tell(`  ${missed} of them came where their objective ended: that run did less before, as waiting depends on timing`);
  return results;
}

function namesOf({ deaths }: Pick<Result, 'deaths'>): string {
  return deaths.map((point) => ` --point '${describePoint(point)}'`).join('');
}

function sizeOf(results: readonly Result[]): number {
  return results.reduce((sum, { deaths }) => sum + deaths.length, 0);
}

function explain(story: Story, { deaths, troubles, took }: Result): void {
  const more = troubles.length > SHOWN_TROUBLES ? `\n  … and ${troubles.length - SHOWN_TROUBLES} more` : '';
  const shown = troubles.slice(0, SHOWN_TROUBLES).join('\n  ');
  tell(
    `npm run test:crash --${story === 'run' ? '' : ` --story ${story}`}${namesOf({ deaths })}\n  did not converge (${seconds(took)} s):\n  ${shown}${more}`,
  );
}

function countOf(of: readonly Omit<Point, 'moment'>[], kind: (typeof KINDS)[number]): number {
  return of.filter((each) => kindOf(each) === kind).length;
}

function tell(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Milliseconds as seconds, one after the other. */
function seconds(took: readonly number[]): string {
  return took.map((milliseconds) => (milliseconds / 1000).toFixed(1)).join(' + ');
}
