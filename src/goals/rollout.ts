import type { GoalPhase } from './types.ts';
import { slugOf } from './words.ts';

/** The phases of the logging rollout: other rollouts share one or two of these names, not half of them. */
const LOGGING_PHASES = [
  'readiness-assessment',
  'infrastructure-preparation',
  'loki-deployment',
  'alloy-configuration',
  'integration-testing',
  'migration-optimization',
  'operational-handoff',
];

/** As written, else "logging" when the names say so, else a name of its own: only logging goals can be run. */
export function inferRollout(written: string | undefined, initiative: string, phases: readonly GoalPhase[]): string {
  if (written !== undefined) return slugOf(written);
  const names = phases.flatMap(({ name, objectives }) => [name, ...objectives.map((objective) => objective.name)]);
  if (names.some((name) => /\b(loki|alloy)\b/i.test(name))) return 'logging';
  const shared = phases.filter(({ name }) => LOGGING_PHASES.includes(slugOf(name))).length;
  return shared * 2 > LOGGING_PHASES.length ? 'logging' : slugOf(initiative);
}
