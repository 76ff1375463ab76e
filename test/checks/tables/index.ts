import type { Table } from '../support.ts';
import airflow from './airflow.ts';
import alloy from './alloy.ts';
import bucketClaim from './bucket-claim.ts';
import capacity from './capacity.ts';
import cluster from './cluster.ts';
import coverage from './coverage.ts';
import flux from './flux.ts';
import fluxSources from './flux-sources.ts';
import git from './git.ts';
import grafana from './grafana.ts';
import installed from './installed.ts';
import lines from './lines.ts';
import loki from './loki.ts';
import lokiConfig from './loki-config.ts';
import lokiMetrics from './loki-metrics.ts';
import lokiRules from './loki-rules.ts';
import namespaces from './namespaces.ts';
import pods from './pods.ts';
import present from './present.ts';
import probes from './probes.ts';
import prometheus from './prometheus.ts';
import releases from './releases.ts';
import services from './services.ts';
import storage from './storage.ts';
import strategy from './strategy.ts';
import volumes from './volumes.ts';
import workloads from './workloads.ts';

/** Every check with what it makes of which answers. */
const tables: readonly Table[] = [
  cluster,
  strategy,
  services,
  pods,
  namespaces,
  git,
  fluxSources,
  installed,
  present,
  capacity,
  bucketClaim,
  flux,
  storage,
  volumes,
  workloads,
  releases,
  loki,
  lokiConfig,
  lokiMetrics,
  lokiRules,
  lines,
  coverage,
  probes,
  alloy,
  prometheus,
  grafana,
  airflow,
].flat();

export default tables;
