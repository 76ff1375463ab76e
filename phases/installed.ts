import type { Check } from '#model/check.ts';
import type { Environment } from '#model/environment.ts';
import { airflowIsRolledOut } from './5-migration/airflow.ts';

/** What has to be installed beside that which phase 0 looks at: whoever lacks it finds out in a later phase. */
export function installedFor({ airflow }: Environment): readonly Check[] {
  return airflow === null ? [] : [airflowIsRolledOut(airflow)];
}
