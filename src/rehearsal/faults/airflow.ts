import { claimFiles } from '../controllers/archive.ts';
import { type Fault, inObject } from './fault.ts';

/** Airflow's claim, its archive, and what is watched until it goes. */
export const AIRFLOW: readonly Fault[] = [
  {
    name: 'reclaim-policy-delete',
    description: "the volume of Airflow's log claim has the reclaim policy Delete: its data would go with the claim",
    phase: 5,
    check: 'airflow.volume-retained',
    says: ['PersistentVolume pvc-airflow-logs', 'reclaim policy Delete', 'kubectl patch pv pvc-airflow-logs'],
    remedy: 'the volume is kept (Retain) again',
    ...inObject('PersistentVolume', 'pvc-airflow-logs', ({ spec }) => {
      spec.persistentVolumeReclaimPolicy = 'Delete';
    }),
  },
  {
    name: 'archive-incomplete',
    description: 'somebody cleans up in the bucket: a file of the archive vanishes as soon as it is there',
    phase: 5,
    check: 'airflow.archive-complete',
    says: ['1 of 48 files of claim airflow/airflow-logs', 'run_id=scheduled__7/', 'is missing', 'MANIFEST.json'],
    remedy: 'the file is put back from a copy',
    strike({ buckets, store }) {
      const [path, content] = claimFiles()[7] as readonly [string, Buffer];
      const key = `archive/airflow-logs/${path}`;
      const stop = store.subscribe(() => buckets.delete('airflow-logs', key));
      return () => {
        stop();
        buckets.put('airflow-logs', key, content);
      };
    },
  },
];
