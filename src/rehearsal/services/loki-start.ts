import type { Manifest } from '#model/kubernetes.ts';
import type { World } from '../world.ts';
import { configurationOf, environmentOf, hasAddress } from './loki-state.ts';

const COMPACTOR = [
  'working_directory',
  'compaction_interval',
  'apply_retention_interval',
  'retention_enabled',
  'retention_delete_delay',
  'retention_delete_worker_count',
  'delete_request_store',
  'delete_request_cancel_period',
];

/** Loki's own words when it exits at its start instead of running; undefined when it does run. */
export function refusalOf(world: World, pod: Manifest): string | undefined {
  const { compactor, schema_config, storage_config } = configurationOf(world, pod);
  const unknown = Object.keys(compactor).find((key) => !COMPACTOR.includes(key));
  if (unknown !== undefined)
    return `failed parsing config: /etc/loki/config/config.yaml: yaml: unmarshal errors:\n  line 40: field ${unknown} not found in type compactor.Config`;
  if (schema_config?.configs.some(({ index }: { index?: { period: string } }) => index?.period !== '24h'))
    return 'CONFIG ERROR: invalid schema config: validating period_config: tsdb must always have periodic config for index set to 24h';
  if (!compactor.retention_enabled) return undefined;
  if (compactor.delete_request_store === '')
    return 'CONFIG ERROR: invalid compactor config: compactor.delete-request-store should be configured when retention is enabled';
  // It reads the delete requests from S3 before anything else.
  const failed = 'level=error msg="error running loki" err="init compactor: failed to init delete store: ';
  const { bucketnames, endpoint } = storage_config.aws;
  if (environmentOf(world, pod).AWS_ACCESS_KEY_ID === undefined)
    return `${failed}get identity: get credentials: failed to refresh cached credentials, no EC2 IMDS role found"`;
  const host = `${bucketnames}.${new URL(endpoint).hostname}`;
  return hasAddress(storage_config.aws) ? undefined : `${failed}Get \\"http://${host}/\\": dial tcp: lookup ${host}: no such host"`;
}
