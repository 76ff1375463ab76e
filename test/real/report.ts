import fs from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import type { PartName } from './cluster.ts';
import type { Session } from './stage.ts';
import { PLAYED } from './stand-ins/index.ts';

/** Of vitest's JSON report. */
export interface Tally {
  readonly success?: boolean;
  readonly numPassedTests?: number;
  readonly numFailedTests?: number;
  readonly numPendingTests?: number;
}

/** "12 passed, 0 failed, 3 skipped" over all sessions. One without a report has failed. */
export function sumUp(tallies: readonly Tally[]): { readonly line: string; readonly exit: number } {
  const sum = (of: (tally: Tally) => number | undefined) => tallies.reduce((total, tally) => total + (of(tally) ?? 0), 0);
  // What failed before its tests could begin counts as well.
  const silent = tallies.filter(({ success, numFailedTests }) => success !== true && (numFailedTests ?? 0) === 0).length;
  const failed = sum(({ numFailedTests }) => numFailedTests) + silent;
  const line = `${sum(({ numPassedTests }) => numPassedTests)} passed, ${failed} failed, ${sum(({ numPendingTests }) => numPendingTests)} skipped`;
  return { line, exit: failed > 0 || tallies.some(({ success }) => success !== true) ? 1 : 0 };
}

/** Each part: real or simulated, which version, and how long its start took. */
export async function describeParts(
  directory: string,
  { versions, missing }: { readonly versions: Partial<Record<PartName, string>>; readonly missing: Partial<Record<PartName, string>> },
  { homelab }: Session,
): Promise<string> {
  const text = await fs.readFile(path.join(directory, 'started.json'), 'utf8').catch(() => undefined);
  const started = JSON.parse(text ?? '{}') as Readonly<Record<string, number>>;
  const git = (await execa('git', ['--version'])).stdout.replace('git version ', '');
  const parts = [...new Set([...Object.keys(versions), ...Object.keys(missing)])] as PartName[];
  const real = parts.map((part) => {
    const why = missing[part];
    return [part, why === undefined ? 'real' : 'missing', why ?? `${versions[part]}${after(started[part])}`];
  });
  const kubelet = ['nodes and pods', 'simulated', 'kwok; Loki, memcached, Prometheus and nginx behind their pods are real processes'];
  const charts = ['charts', 'simulated', 'of our own: kinds, names, labels and service names of the real ones'];
  const played = homelab === 'whole' ? PLAYED.map(({ name, what }) => [name, 'simulated', what]) : [];
  const around = [['git', 'real', `${git}, http-backend${after(started.git)}`], kubelet, charts, ...played];
  // Where no cluster was, there is nothing else to tell of.
  const rows = text === undefined ? real : [...real, ...around];
  const width = Math.max(...rows.map(([name = '']) => name.length));
  return rows.map(([name = '', kind = '', what = '']) => `  ${name.padEnd(width)}  ${kind.padEnd(9)}  ${what}`).join('\n');
}

/** Of a part that no test of the session has asked for nothing is known. */
function after(milliseconds: number | undefined): string {
  return milliseconds === undefined ? '' : `, ready after ${(milliseconds / 1000).toFixed(1)} s`;
}
