import { parseArgs } from 'node:util';
import phases from '#phases/index.ts';
import { describePoint, everyPoint, MOMENTS, type Moment, type Point } from './point.ts';
import { type Expected, type Result, rollOutUndisturbed, tryPoints } from './workers.ts';

const PROGRESS_EVERY = 10_000;
const SHOWN_SLOWEST = 3;
const SHOWN_TROUBLES = 8;

const { values } = parseArgs({ options: { point: { type: 'string' }, moment: { type: 'string' } } });
const began = performance.now();
const last = phases.at(-1)?.number as number;
const whole = (await rollOutUndisturbed([last])).get(last);
if (whole === undefined) throw new Error('there is no phase');
tell(`an undisturbed rollout: ${whole.phases.length} appends to the journal, ${seconds(whole.took)} s`);
const points = choosePoints(everyPoint(whole.phases, last));
const shorter = points.map(({ to }) => to).filter((to) => to !== last);
const results = await tryAll(new Map([[last, whole], ...(await rollOutUndisturbed(shorter))]));
const converged = results.filter(({ troubles }) => troubles.length === 0);
const slowest = results.toSorted((one, other) => sum(other.took) - sum(one.took)).slice(0, SHOWN_SLOWEST);
tell(`slowest: ${slowest.map(({ point, took }) => `${describePoint(point)} (${seconds(took)} s)`).join(', ')}`);
tell(`took ${seconds([performance.now() - began])} s`);
if (converged.length < points.length) process.exitCode = 1;
process.stdout.write(`crash points ${converged.length}/${points.length} converged\n`);

async function tryAll(expected: Expected): Promise<readonly Result[]> {
  let done = 0;
  const progress = setInterval(() => tell(`${done} of ${points.length} points`), PROGRESS_EVERY);
  const results = await tryPoints(points, expected, (result) => {
    done += 1;
    if (result.troubles.length > 0) explain(result);
  });
  clearInterval(progress);
  return results;
}

function explain({ point, troubles, took }: Result): void {
  const more = troubles.length > SHOWN_TROUBLES ? `\n  … and ${troubles.length - SHOWN_TROUBLES} more` : '';
  const shown = troubles.slice(0, SHOWN_TROUBLES).join('\n  ');
  tell(`npm run test:crash -- ${describePoint(point)} did not converge (${seconds(took)} s):\n  ${shown}${more}`);
}

function choosePoints(all: readonly Point[]): readonly Point[] {
  const { point: append, moment } = values;
  if (append === undefined) return all;
  const point = all.find((one) => String(one.append) === append);
  if (point === undefined) throw new Error(`--point ${append}: there are 1 to ${all.length}`);
  if (moment !== undefined && !MOMENTS.includes(moment as Moment)) throw new Error(`--moment ${moment}: one of ${MOMENTS.join(', ')}`);
  return [{ ...point, ...(moment === undefined ? {} : { moment: moment as Moment }) }];
}

function tell(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Milliseconds as seconds, one after the other. */
function seconds(took: readonly number[]): string {
  return took.map((milliseconds) => (milliseconds / 1000).toFixed(1)).join(' + ');
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
