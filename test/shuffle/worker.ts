import { rehearseShuffled } from './rehearsal.ts';

process.on('message', async ({ seed }: { readonly seed: number }) => {
  process.send?.(await rehearseShuffled(seed));
});
process.on('disconnect', () => process.exit());
