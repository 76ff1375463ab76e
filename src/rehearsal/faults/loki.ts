import { hasLabels } from '../tree.ts';
import { type Fault, inObject, limited } from './fault.ts';

/** Below what Loki needs: see MEMORY_NEEDS in the pods controller. */
const TOO_LITTLE = '128Mi';

/** Loki's pods, its gateway, its caches and what it writes to. */
export const LOKI: readonly Fault[] = [
  {
    name: 'oom-loop',
    description: `a mutating policy gives Loki's pods a memory limit of ${TOO_LITTLE}: they are killed for want of memory, again and again`,
    phase: 2,
    check: 'loki.no-restarts',
    says: ['Pod monitoring/loki-0', 'OOMKilled', 'memory'],
    remedy: 'the policy goes, and the pods are replaced by ones with the limit of the values',
    distort(object) {
      const labels = { 'app.kubernetes.io/name': 'loki', 'app.kubernetes.io/component': 'single-binary' };
      return object.kind === 'Pod' && hasLabels(object, labels) ? limited(object, 'loki', TOO_LITTLE) : object;
    },
  },
  {
    name: 'gateway-404',
    description: "the gateway's nginx.conf has no locations for push and queries: it answers them with 404",
    phase: 2,
    check: 'loki.gateway-routes',
    says: ['Service monitoring/loki-gateway', '404', 'nginx.conf'],
    remedy: 'Helm writes the whole nginx.conf again, and the gateway restarts with it',
    ...inObject('ConfigMap', 'loki-gateway', ({ data }) => {
      data['nginx.conf'] = data['nginx.conf'].replace(/ *location [^\n]*\/loki\/api\/v1\/[^{]*\{[^}]*\}\n/g, '');
    }),
  },
];
