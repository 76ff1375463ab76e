import { dataOf } from '../tree.ts';
import type { Fault } from './fault.ts';

export const retentionOff: Fault = {
  name: 'retention-off',
  description: "something strips compactor.retention_enabled from Loki's configuration: all is green, and nothing is ever deleted",
  phase: 2,
  check: 'loki.retention-runs',
  remedy: 'delete ConfigMap rehearsal/fault-retention-off: Helm writes the whole configuration again, and Loki restarts with it',
  distort(object) {
    const configuration = dataOf(object)['config.yaml'];
    if (object.kind !== 'ConfigMap' || object.metadata.name !== 'loki' || configuration === undefined) return object;
    return { ...object, data: { ...dataOf(object), 'config.yaml': configuration.replace(/^ *retention_enabled: true\n/m, '') } };
  },
};
