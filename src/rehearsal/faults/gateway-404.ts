import { dataOf } from '../tree.ts';
import type { Fault } from './fault.ts';

export const gateway404: Fault = {
  name: 'gateway-404',
  description: "the gateway's nginx.conf has no locations for push and queries: it answers them with 404",
  phase: 2,
  check: 'loki.gateway-routes',
  remedy: 'delete ConfigMap rehearsal/fault-gateway-404: Helm writes the whole nginx.conf again, and the gateway restarts with it',
  distort(object) {
    const configuration = dataOf(object)['nginx.conf'];
    if (object.kind !== 'ConfigMap' || object.metadata.name !== 'loki-gateway' || configuration === undefined) return object;
    return {
      ...object,
      data: { ...dataOf(object), 'nginx.conf': configuration.replace(/ *location [^\n]*\/loki\/api\/v1\/[^{]*\{[^}]*\}\n/g, '') },
    };
  },
};
