import { hostPathIsAdmitted, namespacesExist } from '#checks/namespaces.ts';
import { absent, failed, list, met, minutesAgo, object, table } from '../support.ts';

const namespace = (name: string, rest: Record<string, unknown> = {}) => ({ name, namespace: undefined, ...rest });

export default [
  table(
    namespacesExist(['monitoring', 'logging']),
    { namespaces: list(namespace('default'), namespace('monitoring'), namespace('logging')) },
    '2 of 3',
    [
      failed(
        'one is not there',
        { namespaces: list(namespace('default'), namespace('monitoring')) },
        'not there: logging',
        'namespaces "logging" not found',
        'kubectl create namespace logging',
        'environment.loki.namespace',
      ),
      failed(
        'one is going',
        { namespaces: list(namespace('monitoring', { deletionTimestamp: minutesAgo(1) }), namespace('logging')) },
        'being deleted: monitoring',
        'kubectl get namespace monitoring -o jsonpath',
      ),
      failed('both', { namespaces: list() }, 'monitoring, logging'),
    ],
  ),
  table(
    hostPathIsAdmitted('monitoring'),
    { found: object({ labels: { 'pod-security.kubernetes.io/enforce': 'privileged' } }) },
    'privileged',
    [
      met('nothing is enforced', { found: object({}) }, 'no pod-security level'),
      failed(
        "Talos' default",
        { found: object({ labels: { 'pod-security.kubernetes.io/enforce': 'baseline' } }) },
        'pod security "baseline"',
        'hostPath',
        'label namespace monitoring in Git',
      ),
      failed('no namespace', { found: absent }, 'no namespace monitoring', 'privileged'),
    ],
  ),
];
