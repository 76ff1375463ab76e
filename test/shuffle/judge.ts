import type { Shuffled } from './rehearsal.ts';

/** Milliseconds that an objective may take beyond what it takes when nothing is slow, and beyond the time in which pods start. */
export const PATIENCE = 30_000;

/** What is wrong with how a rehearsal went; empty: it came through, nothing was red, and no objective waited for nothing. */
export function findTroubles({ exit, falseReds, objectives }: Shuffled, undisturbed: Shuffled): readonly string[] {
  const slow = Object.entries(objectives).flatMap(([id, { took, starting }]) => {
    const needed = (undisturbed.objectives[id]?.took ?? 0) + starting;
    return took > needed + PATIENCE ? [`objective ${id} took ${took / 1000} s, and needed ${needed / 1000} s`] : [];
  });
  return [...(exit === 0 ? [] : [`it ended with ${exit}`]), ...falseReds, ...slow];
}
