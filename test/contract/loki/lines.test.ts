import { describe, expect, test } from 'vitest';
import type { Tree } from '#rehearsal/tree.ts';
import { until, useCluster } from '../services.ts';
import { nanoseconds, PARTS, startLoki } from './loki.ts';

const TEXT = 'text/plain; charset=utf-8';
const JSON_TYPE = 'application/json; charset=UTF-8';
const DAY = 86_400_000;
const EMPTY_SELECTOR =
  'parse error : queries require at least one regexp or equality matcher that does not have an empty-compatible value. For instance, app=~".*" does not meet this requirement, but app=~".+" will';

const loki = useCluster(PARTS, startLoki);
const accepted = { status: 204, contentType: null, text: '' };
/** What a refusal calls the stream of these labels. */
const NAMED = '{app="a", namespace="refused", service_name="a"}';
const refused = (...values: readonly unknown[]) => loki().push({ stream: { app: 'a', namespace: 'refused' }, values });
const seconds = (at: number) => `${new Date(at).toISOString().slice(0, 19)}Z`;
/** Its streams, oldest line first: their own order says nothing. */
const found = (json: Tree) => [...json.data.result].sort((a: Tree, b: Tree) => (a.values[0][0] < b.values[0][0] ? -1 : 1));

describe('push', () => {
  test('takes lines, with metadata and without, and without any label', async () => {
    expect(await loki().push({ stream: { namespace: 'push' }, values: [[nanoseconds(), 'line']] })).toMatchObject(accepted);
    expect(await loki().push({ stream: { namespace: 'push' }, values: [[nanoseconds(), 'line', { trace_id: 't1' }]] })).toMatchObject(
      accepted,
    );
    expect(await loki().push({ stream: {}, values: [[nanoseconds(), 'line']] })).toMatchObject(accepted);
  });

  test('refuses lines that are too old or too new, and keeps the good ones beside them', async () => {
    const now = Date.now();
    const [old, ahead] = [now - 8 * DAY, now + 3_600_000];
    const tooOld = await refused([`${old}000000`, 'old'], [`${now}000000`, 'good']);
    expect(tooOld).toMatchObject({ status: 400, contentType: TEXT });
    const [said, oldest] = tooOld.text.split('oldest acceptable timestamp is: ');
    expect(said).toBe(`entry for stream '${NAMED}' has timestamp too old: ${seconds(old)}, `);
    expect(oldest).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\n$/);
    const tooNew = await refused([`${ahead}000000`, 'new']);
    expect(tooNew).toMatchObject({ status: 400, contentType: TEXT });
    expect(tooNew.text).toBe(`entry for stream '${NAMED}' has timestamp too new: ${seconds(ahead)}\n`);
    const { json } = await loki().query('{namespace="refused"}');
    expect(found(json).flatMap(({ values }: Tree) => values)).toEqual([[`${now}000000`, 'good']]);
  });

  test('refuses what holds no stream', async () => {
    const text = 'error at least one valid stream is required for ingestion\n';
    expect(await loki().push()).toMatchObject({ status: 422, contentType: TEXT, text });
  });

  // A GET it answers like this at one start, and with 404 at another, as its routes happen to be made.
  test('says to a HEAD that it is the wrong method: so one sees that the way leads to Loki', async () => {
    expect(await loki().ask('/loki/api/v1/push', { method: 'HEAD' })).toMatchObject({ status: 405, contentType: null, text: '' });
  });
});

describe('query_range', () => {
  test('gives streams with the metadata mixed in, in the order that is asked for', async () => {
    const at = Date.now();
    const [first, second, third] = [`${at - 2}000000`, `${at - 1}000000`, `${at}000000`];
    const labels = { namespace: 'streams', pod: 'scheduler-0', container: 'scheduler' };
    await loki().push({
      stream: labels,
      values: [
        [first, '{"level": "info", "msg": "task"}'],
        [second, 'with metadata', { run_id: 'r1' }],
        [third, 'level=warn msg="late"'],
      ],
    });
    const stream = { ...labels, service_name: 'scheduler' };
    const [info, unknown, warn] = [
      { stream: { ...stream, detected_level: 'info' }, values: [[first, '{"level": "info", "msg": "task"}']] },
      { stream: { ...stream, detected_level: 'unknown', run_id: 'r1' }, values: [[second, 'with metadata']] },
      { stream: { ...stream, detected_level: 'warn' }, values: [[third, 'level=warn msg="late"']] },
    ];
    const forward = await loki().query('{namespace="streams"}', { limit: '2', direction: 'forward', since: '1h' });
    expect([forward.status, forward.contentType]).toEqual([200, JSON_TYPE]);
    expect(forward.json).toMatchObject({
      status: 'success',
      data: { resultType: 'streams', stats: { summary: { totalEntriesReturned: 2 } } },
    });
    expect(found(forward.json)).toEqual([info, unknown]);
    expect(found((await loki().query('{namespace="streams"}', { limit: '2' })).json)).toEqual([unknown, warn]);
    expect(found((await loki().query('{namespace="streams"} |= `metadata`')).json)).toEqual([unknown]);
    expect(found((await loki().query('{namespace=~"str.+", pod!="x"} | detected_level=~"info|warn" != "task"')).json)).toEqual([warn]);
  });

  test('looks back an hour, or as far as it is told', async () => {
    await loki().push({ stream: { namespace: 'since' }, values: [[nanoseconds(-7_200_000), 'two hours ago']] });
    expect((await loki().query('{namespace="since"}')).json.data.result).toEqual([]);
    expect((await loki().query('{namespace="since"}', { since: '3h' })).json.data.result).toHaveLength(1);
  });

  test('finds nothing: that is an answer', async () => {
    const { status, contentType, json } = await loki().query('{namespace="nope"}');
    expect([status, contentType]).toEqual([200, JSON_TYPE]);
    expect(json).toMatchObject({ status: 'success', data: { resultType: 'streams', result: [] } });
  });

  test.for<[string, string, Record<string, string>, unknown]>([
    ['a selector that takes everything', '{namespace!="kube-public"}', {}, EMPTY_SELECTOR],
    ['a query that breaks off', '{namespace="a"', {}, expect.stringMatching(/^parse error at line 1, col 15: syntax error/)],
    [
      'more lines than are allowed',
      '{namespace="a"}',
      { limit: '10000' },
      'max entries limit per query exceeded, limit > max_entries_limit_per_query (10000 > 5000)',
    ],
  ])('refuses %s', async ([, query, rest, text]) => {
    expect(await loki().query(query, rest)).toMatchObject({ status: 400, contentType: TEXT, text });
  });
});

test('query: answers a metric query, and no other', async () => {
  const query = (text: string) => loki().ask('/loki/api/v1/query', { query: { query: text } });
  const { status, contentType, json } = await query('vector(1)+vector(1)');
  expect([status, contentType]).toEqual([200, JSON_TYPE]);
  expect(json).toMatchObject({
    status: 'success',
    data: { resultType: 'vector', result: [{ metric: {}, value: [expect.any(Number), '2'] }] },
  });
  const count = (namespace: string) => query(`sum(count_over_time({namespace="${namespace}"} |= \`n\` [1h]))`);
  await loki().push({ stream: { namespace: 'count' }, values: ['one', 'two', 'ten'].map((line) => [nanoseconds(), line]) });
  expect((await count('count')).json.data).toMatchObject({
    resultType: 'vector',
    result: [{ metric: {}, value: [expect.any(Number), '2'] }],
  });
  expect((await count('nope')).json.data).toMatchObject({ resultType: 'vector', result: [] });
  const before = async (offset: string) => (await query(`sum(count_over_time({namespace="counted"}[1h] offset ${offset}))`)).json;
  await loki().push({
    stream: { namespace: 'counted' },
    values: [
      [nanoseconds(-60_000), 'one'],
      [nanoseconds(-50_000), 'two'],
    ],
  });
  expect(await before('1s')).toMatchObject({ data: { resultType: 'vector', result: [{ metric: {}, value: [expect.any(Number), '2'] }] } });
  expect(await before('1h')).toMatchObject({ status: 'success', data: { resultType: 'vector', result: [] } });
  const text = 'log queries are not supported as an instant query type, please change your query to a range query type';
  expect(await query('{namespace="monitoring"}')).toMatchObject({ status: 400, contentType: TEXT, text });
});

describe('series', () => {
  const series = (match: string) => loki().ask('/loki/api/v1/series', { query: { 'match[]': match, since: '1h' } });

  test('gives the labels of the streams, without their metadata', async () => {
    const labels = { namespace: 'series', pod: 'a-0' };
    await loki().push({ stream: labels, values: [[nanoseconds(), 'line', { trace_id: 't1' }]] });
    const { status, contentType, json } = await series('{namespace="series"}');
    expect([status, contentType]).toEqual([200, JSON_TYPE]);
    expect(json).toEqual({ status: 'success', data: [{ ...labels, service_name: 'unknown_service' }] });
    expect((await series('{namespace="nope"}')).json).toEqual({ status: 'success', data: [] });
  });

  test('refuses a selector that takes everything', async () => {
    expect(await series('{namespace!="x"}')).toMatchObject({ status: 400, contentType: TEXT, text: EMPTY_SELECTOR });
  });
});

describe('the values of a label', () => {
  const values = (label: string, query: string) => loki().ask(`/loki/api/v1/label/${label}/values`, { query: { query, since: '1h' } });

  test('are those of the selected streams, and not even an empty list without any', async () => {
    const pushed = ['b', 'a'].map((pod) => ({ stream: { namespace: 'values', pod }, values: [[nanoseconds(), 'line']] }));
    await loki().push(...pushed, { stream: { namespace: 'others', pod: 'c' }, values: [[nanoseconds(), 'line']] });
    const { status, contentType, json } = await values('pod', '{namespace="values"}');
    expect([status, contentType]).toEqual([200, JSON_TYPE]);
    expect(json).toEqual({ status: 'success', data: ['a', 'b'] });
    expect((await values('pod', '{namespace="nope"}')).json).toEqual({ status: 'success' });
    expect((await values('nope', '{namespace="values"}')).json).toEqual({ status: 'success' });
  });

  test('refuses a selector that takes everything', async () => {
    expect(await values('pod', '{namespace!="x"}')).toMatchObject({ status: 400, contentType: TEXT, text: EMPTY_SELECTOR });
  });
});

test('a flush puts what was pushed into the bucket', async () => {
  const { bucket, send } = loki().store;
  const chunks = async () => [...(await send('GET', `/${bucket}?list-type=2&prefix=fake/`)).text.matchAll(/<Key>/g)].length;
  const before = await chunks();
  await loki().push({ stream: { namespace: 'flush' }, values: [[nanoseconds(), 'line']] });
  expect(await loki().ask('/flush', { method: 'POST' })).toMatchObject(accepted);
  await until(async () => (await chunks()) > before);
});

test('/prometheus/api/v1/rules: none, that is an answer', async () => {
  const { status, contentType, json } = await loki().ask('/prometheus/api/v1/rules');
  expect([status, contentType]).toEqual([200, 'application/json']);
  expect(json).toEqual({ status: 'success', data: { groups: [] }, errorType: '', error: '' });
});
