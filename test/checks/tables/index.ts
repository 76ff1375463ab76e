import type { Table } from '../support.ts';
import airflow from './airflow.ts';
import alloy from './alloy.ts';
import cluster from './cluster.ts';
import flux from './flux.ts';
import grafana from './grafana.ts';
import lines from './lines.ts';
import loki from './loki.ts';
import lokiConfig from './loki-config.ts';
import prometheus from './prometheus.ts';
import releases from './releases.ts';
import storage from './storage.ts';
import workloads from './workloads.ts';

/** Every check with what it makes of which answers. */
const tables: readonly Table[] = [
  cluster,
  flux,
  storage,
  workloads,
  releases,
  loki,
  lokiConfig,
  lines,
  alloy,
  prometheus,
  grafana,
  airflow,
].flat();

export default tables;
