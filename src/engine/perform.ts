import type { Change } from '#model/change.ts';
import { executeChange } from './execute.ts';
import type { ObjectiveLog, ObjectiveResult } from './objective-log.ts';
import type { RunTools } from './run-tools.ts';

/** Performs an objective's changes in order; what was refused ends the objective. */
export async function performChanges(changes: readonly Change[], log: ObjectiveLog, tools: RunTools): Promise<ObjectiveResult | undefined> {
  for (const change of changes) {
    const done = await executeChange(change, log.next(), tools);
    if (typeof done === 'object') return 'awaits' in done ? log.awaitsMerge(done.awaits) : log.refused(done);
    if (done === 'applied' && change.do === 'commit') log.committed();
  }
  return undefined;
}
