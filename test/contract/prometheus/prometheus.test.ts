import { describe, expect, test } from 'vitest';
import type { Tree } from '#rehearsal/tree.ts';
import { until, useCluster } from '../services.ts';
import { RULE, startPrometheus } from './prometheus.ts';

const prometheus = useCluster(
  ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kwok', 'prometheus'],
  startPrometheus,
);

/** The result of an instant query, which has to be a vector. */
async function vector(query: string): Promise<Tree[]> {
  const { status, contentType, json } = await prometheus().query(query);
  expect([status, contentType]).toEqual([200, 'application/json']);
  expect(json).toEqual({ status: 'success', data: { resultType: 'vector', result: expect.any(Array) } });
  return json.data.result;
}

describe('an instant query', () => {
  test('gives each series with its labels, and when it was asked', async () => {
    const { up, down } = prometheus();
    const [sample, ...more] = await vector(`up{job="${up}"}`);
    expect(sample).toEqual({ metric: expect.objectContaining({ __name__: 'up', job: up }), value: [expect.any(Number), '1'] });
    expect(more).toEqual([]);
    expect(await vector(`up{job="${down}"}`)).toMatchObject([{ value: [expect.any(Number), '0'] }]);
  });

  test('chooses by patterns, and by what is not', async () => {
    const { up, down } = prometheus();
    const jobs = async (matchers: string) => (await vector(`up{${matchers}}`)).map(({ metric }) => metric.job).sort();
    expect(await jobs(`job=~"${up}|${down}"`)).toEqual([down, up]);
    expect(await jobs(`job=~"${up}|${down}",job!="${down}"`)).toEqual([up]);
  });

  test.for(['up{job="nobody"}', 'nothing:of:this:name', 'sum(increase(nothing[1d]))', 'ALERTS{alertstate="firing",namespace="nope"}'])(
    'of what is not there is an empty vector: %s',
    async (query) => {
      expect(await vector(query)).toEqual([]);
    },
  );

  test('over a range of time: a number for each series, which has no name any more', async () => {
    const { up, down } = prometheus();
    const over = async (name: string, job: string, range: string) => {
      const [{ metric, value }] = (await vector(`${name}(up{job="${job}"}[${range}])`)) as [Tree];
      expect(metric).toMatchObject({ job });
      expect(metric).not.toHaveProperty('__name__');
      return value[1];
    };
    for (const name of ['min_over_time', 'max_over_time', 'avg_over_time']) {
      expect([name, await over(name, up, '90d')]).toEqual([name, '1']);
      expect([name, await over(name, down, '1h')]).toEqual([name, '0']);
    }
    expect(Number(await over('count_over_time', up, '608400s'))).toBeGreaterThan(1);
    expect(await over('sum_over_time', up, '1d')).toBe(await over('count_over_time', up, '1d'));
    expect(await over('sum_over_time', down, '1d')).toBe('0');
    expect(await over('increase', up, '1h')).toBe('0');
  });

  test('sums: one number without labels', async () => {
    const { up, down } = prometheus();
    expect(await vector(`sum(up{job=~"${up}|${down}"})`)).toEqual([{ metric: {}, value: [expect.any(Number), '1'] }]);
    expect(await vector(`sum(increase(up{job="${up}"}[1h]))`)).toEqual([{ metric: {}, value: [expect.any(Number), '0'] }]);
  });

  test('timestamps: when each series was seen last, and over the steps of a subquery when it was seen first', async () => {
    const { up } = prometheus();
    const [{ metric, value }] = (await vector(`timestamp(up{job="${up}"})`)) as [Tree];
    expect(metric).toMatchObject({ job: up });
    expect(metric).not.toHaveProperty('__name__');
    const [now, last] = [value[0], Number(value[1])];
    expect(now - last).toBeGreaterThanOrEqual(0);
    expect(now - last).toBeLessThan(60);
    const [first] = await vector(`min(min_over_time(timestamp(up{job="${up}"})[10m:1s]))`);
    expect(first).toEqual({ metric: {}, value: [expect.any(Number), expect.any(String)] });
    expect(Number(first?.value[1])).toBeLessThanOrEqual(last);
    expect(await vector('min(min_over_time(timestamp(up{job="nobody"})[1h:5m]))')).toEqual([]);
  });

  test('the least and the most of several series', async () => {
    const { up, down } = prometheus();
    expect(await vector(`min(up{job=~"${up}|${down}"})`)).toMatchObject([{ metric: {}, value: [expect.any(Number), '0'] }]);
    expect(await vector(`max(up{job=~"${up}|${down}"})`)).toMatchObject([{ metric: {}, value: [expect.any(Number), '1'] }]);
  });

  test('divides: also by nothing', async () => {
    const { up, down } = prometheus();
    const quotient = async (...jobs: readonly string[]) =>
      (await vector(jobs.map((job) => `sum(up{job="${job}"})`).join(' / '))).map(({ value }) => value[1]);
    expect(await quotient(up, up)).toEqual(['1']);
    expect(await quotient(down, up)).toEqual(['0']);
    expect(await quotient(up, down)).toEqual(['+Inf']);
    expect(await quotient(down, down)).toEqual(['NaN']);
    expect(await quotient(up, 'nobody')).toEqual([]);
  });

  test('that is none is bad data', async () => {
    const { status, contentType, json } = await prometheus().query('up{');
    expect([status, contentType]).toEqual([400, 'application/json']);
    const error = 'invalid parameter "query": 1:4: parse error: unexpected end of input inside braces';
    expect(json).toEqual({ status: 'error', errorType: 'bad_data', error });
  });
});

test('rules: groups, and whether each rule can be evaluated', async () => {
  const { ask, group: name } = prometheus();
  const find = (json: Tree) => json.data.groups.find((group: Tree) => group.name === name);
  await until(async () => find((await ask('/api/v1/rules')).json)?.rules[0].health === 'ok');
  const { status, contentType, json } = await ask('/api/v1/rules');
  expect([status, contentType]).toEqual([200, 'application/json']);
  expect(json).toEqual({ status: 'success', data: { groups: expect.any(Array) } });
  const evaluated = { lastEvaluation: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/), evaluationTime: expect.any(Number) };
  const rule = { name: RULE.alert, query: RULE.expr, labels: RULE.labels, type: 'alerting', state: 'inactive', alerts: [], health: 'ok' };
  expect(find(json)).toMatchObject({ file: expect.any(String), interval: expect.any(Number), rules: [{ ...rule, ...evaluated }] });
});

test('an unknown path', async () => {
  expect(await prometheus().ask('/nope')).toMatchObject({
    status: 404,
    contentType: 'text/plain; charset=utf-8',
    text: '404 page not found\n',
  });
});
