import { otherCollectorsAreKnown } from '#checks/collectors.ts';
import { dataSourceIsFree } from '#checks/grafana.ts';
import type { Check } from '#model/check.ts';
import type { Environment } from '#model/environment.ts';
import { airflowIsRolledOut } from './5-migration/airflow.ts';
import { presentFor } from './present.ts';

/** What is there, or not, beside that which phase 0 looks at: whoever lacks it, or has it otherwise, finds out in a later phase. */
export function installedFor(environment: Environment): readonly Check[] {
  const { loki, alloy, grafana, airflow } = environment;
  return [
    ...presentFor(environment),
    otherCollectorsAreKnown(alloy),
    ...(grafana === null ? [] : [dataSourceIsFree(grafana, loki)]),
    ...(airflow === null ? [] : [airflowIsRolledOut(airflow)]),
  ];
}
