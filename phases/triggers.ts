import { claimIsLarge } from '#checks/airflow-claim.ts';
import { storeIsReady } from '#checks/ceph.ts';
import { endpointSpeaksS3 } from '#checks/services.ts';
import type { Environment } from '#model/environment.ts';
import type { Trigger } from '#model/initiative.ts';

/** What starts the initiative. Two can be seen, the others are a person's word. */
export function triggersFor({ airflow, prometheus, storage }: Environment): readonly Trigger[] {
  return [
    {
      matches: /airflow.*(pvc|claim).*80\s*gi/i,
      threshold: 'more than 80Gi used',
      ...(airflow === null ? { skipped: 'there is no Airflow here' } : { check: claimIsLarge(airflow, prometheus, '80Gi') }),
    },
    {
      matches: /(ceph|s3).*operational/i,
      threshold: storage.rook === null ? 'the object store answers' : 'the object store is Ready and its gateway answers',
      check: storage.rook === null ? endpointSpeaksS3(storage.bucket, []) : storeIsReady(storage.rook),
    },
    { matches: /cross-service/i, threshold: "a person's word" },
    { matches: /debug/i, threshold: "a person's word" },
  ];
}
