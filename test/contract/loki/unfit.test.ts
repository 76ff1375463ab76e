import { expect, test } from 'vitest';
import { useCluster } from '../services.ts';
import { nanoseconds, PARTS, startLoki } from './loki.ts';

const cluster = useCluster(PARTS, async (started) => started);
const TEXT = 'text/plain; charset=utf-8';
const SCHEMA = { from: '2036-04-01', store: 'tsdb', object_store: 's3', schema: 'v13', index: { prefix: 'index_', period: '24h' } };

/** Each of them calls itself ready. */
test('with more replicas than there are, it takes no line and finds none', async () => {
  const loki = await startLoki(cluster(), { configuration: { common: { replication_factor: 3 } } });
  expect(await loki.push({ stream: { namespace: 'a' }, values: [[nanoseconds(), 'x']] })).toMatchObject({
    status: 500,
    contentType: TEXT,
    text: 'at least 2 live replicas required, could only find 1\n',
  });
  const lacking = { status: 500, contentType: TEXT, text: 'too many unhealthy instances in the ring' };
  expect(await loki.query('{namespace="a"}')).toMatchObject(lacking);
  expect(await loki.ask('/loki/api/v1/series', { query: { 'match[]': '{namespace="a"}' } })).toMatchObject(lacking);
  await loki.stop();
});

test('with a schema that begins in the future, it takes no line', async () => {
  const loki = await startLoki(cluster(), { configuration: { schema_config: { configs: [SCHEMA] } } });
  const { status, contentType, text } = await loki.push({ stream: { namespace: 'a' }, values: [[nanoseconds(), 'x']] });
  expect([status, contentType]).toEqual([500, TEXT]);
  expect(text).toMatch(/^rpc error: code = Unknown desc = failed to create stream: no schema config found for time \d+(\.\d{1,3})?\n$/);
  expect(await loki.query('{namespace="a"}')).toMatchObject({ status: 200, json: { data: { result: [] } } });
  await loki.stop();
});

test('without structured metadata, it refuses lines that have some', async () => {
  const loki = await startLoki(cluster(), { configuration: { limits_config: { allow_structured_metadata: false } } });
  const stream = '{namespace="a", service_name="unknown_service"}';
  const where = 'Please see `limits_config.allow_structured_metadata` or contact your Loki administrator to enable it';
  expect(await loki.push({ stream: { namespace: 'a' }, values: [[nanoseconds(), 'x', { trace_id: 't1' }]] })).toMatchObject({
    status: 400,
    contentType: TEXT,
    text: `stream '${stream}' includes structured metadata, but this feature is disallowed. ${where}\n`,
  });
  await loki.stop();
});
