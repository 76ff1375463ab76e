import { rollOut, type Trial } from './rollout.ts';

// One rollout after the other, each on a cluster that this process serves: what dies is another process.
process.on('message', async (trial: Trial) => {
  process.send?.(await rollOut(trial));
});
process.on('disconnect', () => process.exit());
