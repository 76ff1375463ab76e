import { readFileSync } from 'node:fs';
import { resolveEnvironment } from '#goals/environment.ts';
import { loadGoals } from '#goals/load.ts';
import type { Environment } from '#model/environment.ts';

/** Our own goals file with these settings instead of, or beside, its own. */
export function environmentWith(settings: Record<string, unknown> = {}): Environment {
  const goals = JSON.parse(readFileSync('goals/goals.json', 'utf8'));
  const text = JSON.stringify({ ...goals, environment: { ...goals.environment, ...settings } }, null, 2);
  return resolveEnvironment(loadGoals(text, 'goals.json')).environment;
}

const endpoint = 'http://rook-ceph-rgw-storage.storage.svc:80';

/** Clusters that have less than the homelab, or have it otherwise. */
export const ENVIRONMENTS = {
  homelab: environmentWith(),
  'no Rook': environmentWith({ storage: { rook: null, endpoint, bucket: { name: 'loki-logs', from: 'existing' } } }),
  'a store outside of the cluster': environmentWith({ storage: { endpoint: 'https://s3.eu-central-1.amazonaws.com' } }),
  'no Prometheus': environmentWith({ prometheus: null }),
  'no Grafana': environmentWith({ grafana: null }),
  'no Airflow': environmentWith({ airflow: null }),
  'no External Secrets': environmentWith({ externalSecrets: null }),
  'existing bucket and Secret': environmentWith({
    storage: { bucket: { name: 'ours', from: 'existing' }, secret: { name: 'ours-credentials', from: 'existing' } },
  }),
  'other names': environmentWith({
    loki: { namespace: 'logging', memory: { request: '2G', limit: '3G' } },
    alloy: { namespace: 'logging', excludedNamespaces: ['kube-system', 'default'], rateLimit: 50 },
  }),
} as const satisfies Record<string, Environment>;
