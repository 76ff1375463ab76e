import { claimFiles } from '../controllers/archive.ts';
import { eraseHistory } from '../services/history.ts';
import { type RunningLoki, runningLoki, type Stream } from '../services/loki-state.ts';
import { specOf, statusOf } from '../tree.ts';
import type { World } from '../world.ts';
import { type Fault, inObject, standing } from './fault.ts';

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
  {
    name: 'claim-returns',
    description: "somebody takes the triggerer's block out of Airflow's values: the chart's default brings a claim of 100Gi back",
    phase: 5,
    check: 'airflow.claim-gone',
    says: ['claim airflow/logs-airflow-triggerer-0 of 100Gi', "chart's default", 'kubectl delete pvc -n airflow logs-airflow-triggerer-0'],
    remedy: 'the block is back; the claim is left to be deleted',
    ...inObject('HelmRelease', 'airflow', ({ spec }) => {
      if (spec.values.logs.persistence.enabled === false) delete spec.values.triggerer;
    }),
  },
  {
    name: 'canary-misses-lines',
    description: "Loki takes the canary's lines and loses them",
    phase: 6,
    check: 'handoff.stability',
    says: ['entries missing', 'lines that monitoring/loki accepted do not come back', 'kubectl logs -n monitoring statefulset/loki'],
    remedy: 'no more lines are lost',
    strike: (world) => {
      const lose = () => {
        for (const { streams } of lokisOf(world))
          for (const stream of streams.values())
            if (stream.labels.name === 'loki-canary') Object.assign(stream, { entries: [], flushed: 0 });
      };
      const timer = setInterval(lose, 20);
      timer.unref();
      return () => clearInterval(timer);
    },
  },
  {
    name: 'old-lines-left',
    description: 'the index of some chunks can not be read: the compactor passes them by, and what they hold stays',
    phase: 6,
    check: 'handoff.stability',
    says: ['1 lines are older than', 'the compactor of monitoring/loki leaves', 'kubectl logs -n monitoring statefulset/loki'],
    remedy: 'the chunks are deleted by hand',
    strike: (world) => {
      const at = BigInt(world.now().getTime() - 31 * 86_400_000) * 1_000_000n;
      const left: Stream = {
        labels: { namespace: 'default' },
        entries: [{ at, line: 'forgotten', metadata: {} }],
        flushed: 1,
        broken: true,
      };
      for (const { streams } of lokisOf(world)) streams.set('forgotten', left);
      return () => {
        for (const { streams } of lokisOf(world)) streams.delete('forgotten');
      };
    },
  },
  {
    name: 'alert-fires',
    description: 'an alert about Loki fires: its condition holds all the time',
    phase: 6,
    check: 'handoff.stability',
    says: ['1 fires in monitoring', 'LokiIsStrange of loki-0', '/alerts of monitoring/kube-prometheus-stack-prometheus'],
    remedy: 'the rule goes, and with it the alert',
    strike: standing(() => ({
      apiVersion: 'monitoring.coreos.com/v1',
      kind: 'PrometheusRule',
      metadata: { name: 'strange', namespace: 'monitoring', labels: { release: 'kube-prometheus-stack' } },
      spec: {
        groups: [
          { name: 'strange', rules: [{ alert: 'LokiIsStrange', expr: 'up{job="monitoring/loki"}', labels: { severity: 'warning' } }] },
        ],
      },
    })),
  },
  {
    name: 'history-gap',
    description: 'Prometheus was down for half of the last week: nobody knows whether logging was well then',
    phase: 6,
    check: 'handoff.stability',
    heals: true,
    says: ['a gap in the history of monitoring/loki'],
    remedy: 'the soak begins anew, and is over a week later',
    strike: (world) => {
      const now = world.now().getTime();
      eraseHistory(world, now - 4.5 * 86_400_000, now - 86_400_000);
      return () => {};
    },
  },
];

/** The Lokis that run. */
function lokisOf(world: World): readonly RunningLoki[] {
  const pods = world.store.list('v1', 'Pod', 'monitoring').filter((pod) => statusOf(pod).phase === 'Running');
  return pods.filter((pod) => specOf(pod).containers[0].name === 'loki').map((pod) => runningLoki(world, pod));
}
