import { parseArgs } from 'node:util';
import { choosePoints, dealChains, describePoint, KINDS, kindOf, type Point, parsePoint, RULE } from './point.ts';
import { type Result, rollOutUndisturbed, tryChains } from './workers.ts';

const PROGRESS_EVERY = 10_000;
const SHOWN_TROUBLES = 8;

// Each point that is named is a death of the same rollout.
const { values } = parseArgs({ options: { point: { type: 'string', multiple: true } } });
const began = performance.now();
const undisturbed = await rollOutUndisturbed();
const points = values.point?.map(parsePoint) ?? choosePoints(undisturbed.visits);
const chains = values.point === undefined ? dealChains(points) : [points];
tell(`an undisturbed rollout took ${seconds(undisturbed.took)} s and did ${undisturbed.visits.length} things; tried are\n  ${RULE}:`);
for (const kind of KINDS) tell(`  ${kind}: ${countOf(points, kind)} points of ${countOf(undisturbed.visits, kind)}`);
tell(`${points.length} points in ${chains.length} rollouts, resumed after each`);

let done = 0;
const progress = setInterval(() => tell(`${done} of ${points.length} points`), PROGRESS_EVERY);
const results = await tryChains(chains, undisturbed, (result) => {
  done += result.deaths.length;
  if (result.troubles.length > 0) explain(result);
});
clearInterval(progress);
const converged = results.filter(({ troubles }) => troubles.length === 0).reduce((sum, { deaths }) => sum + deaths.length, 0);
const missed = results.reduce((sum, each) => sum + each.missed, 0);
tell(`${missed} of them came where their objective ended: that run did less before, as waiting depends on timing`);
tell(`took ${seconds([performance.now() - began])} s`);
if (converged < points.length) process.exitCode = 1;
process.stdout.write(`crash points ${converged}/${points.length} converged\n`);

function explain({ deaths, troubles, took }: Result): void {
  const more = troubles.length > SHOWN_TROUBLES ? `\n  … and ${troubles.length - SHOWN_TROUBLES} more` : '';
  const shown = troubles.slice(0, SHOWN_TROUBLES).join('\n  ');
  const again = deaths.map((point) => ` --point '${describePoint(point)}'`).join('');
  tell(`npm run test:crash --${again}\n  did not converge (${seconds(took)} s):\n  ${shown}${more}`);
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
