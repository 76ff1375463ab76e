import { parse, stringify } from 'yaml';
import type { Tree } from '../tree.ts';
import { type Fault, inObject } from './fault.ts';

/** Something between Git and the process changes Loki's configuration: it renders, it verifies, `/ready` is green. */
export const LOKI_CONFIGURATION: readonly Fault[] = [
  {
    name: 'retention-off',
    description: "something strips compactor.retention_enabled from Loki's configuration: all is green, and nothing is ever deleted",
    phase: 2,
    check: 'loki.retention-runs',
    says: ['monitoring/loki', 'compactor.retention_enabled', 'environment.loki.values'],
    ...configured((config) => delete config.compactor.retention_enabled),
  },
];

function configured(edit: (config: Tree) => unknown): Pick<Fault, 'remedy'> & Required<Pick<Fault, 'distort'>> {
  return {
    remedy: 'Helm writes the whole configuration again, and Loki restarts with it',
    ...inObject('ConfigMap', 'loki', ({ data }) => {
      const config = parse(data['config.yaml']);
      edit(config);
      data['config.yaml'] = stringify(config);
    }),
  };
}
