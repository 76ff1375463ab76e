import { volumesAreUnchanged } from '#checks/volumes.ts';
import { absent, failed, met, object, table } from '../support.ts';

const set = (storage: string | undefined, storageClassName?: string) =>
  object({
    spec: {
      template: { spec: { containers: [] } },
      volumeClaimTemplates: [{ spec: { resources: { requests: storage === undefined ? {} : { storage } }, storageClassName } }],
    },
  });
const wanted = { size: '20Gi', storageClass: 'ceph-block' };

export default [
  table(
    volumesAreUnchanged('loki.volumes-unchanged', 'monitoring', 'loki', wanted),
    { found: set('20Gi', 'ceph-block') },
    '20Gi of ceph-block',
    [
      met('nothing is there yet', { found: absent }, 'nothing is there'),
      met('it has none', { found: object({ spec: { template: { spec: { containers: [] } } } }) }, 'nothing is there'),
      met('the same size in other words', { found: set('20480Mi', 'ceph-block') }, '20480Mi'),
      met('the default class', { found: set('20Gi') }, '20Gi of ceph-block'),
      failed(
        'a smaller volume',
        { found: set('10Gi', 'ceph-block') },
        'StatefulSet monitoring/loki has volumes of 10Gi (ceph-block), the values ask for 20Gi (ceph-block)',
        'Forbidden: updates to statefulset spec',
        'kubectl delete statefulset -n monitoring loki --cascade=orphan',
        'environment.loki.persistence',
      ),
      failed('another class', { found: set('20Gi', 'local-path') }, '20Gi (local-path)', 'kubectl delete statefulset'),
      failed('no size', { found: set(undefined) }, 'volumes of 0'),
    ],
    ['found'],
  ),
];
