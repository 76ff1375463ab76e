import { describe, expect, it } from 'vitest';
import { readArchiveTime } from '#checks/airflow-archive.ts';
import { readHistoryBegin } from '#checks/prometheus-history.ts';
import { Unreadable } from '#model/errors.ts';
import { AIRFLOW, http, minutesAgo, noEndpoints, PROMETHEUS, s3, vector } from './support.ts';

describe('the soak of logging', () => {
  const { decode, request } = readHistoryBegin(PROMETHEUS, 'monitoring/loki', '7d');

  it('looks a little further back than its period', () => {
    expect(request).toMatchObject({ query: { query: 'count_over_time(up{job="monitoring/loki"}[608400s])' } });
  });

  it.each([
    ['began as many scrapes ago as there are samples', vector(20), minutesAgo(10)],
    ['began before the pod came back with another address', vector(20, 100), minutesAgo(60)],
    ['has not begun without samples', vector(), undefined],
    ['has not begun without Prometheus', noEndpoints, undefined],
  ])('%s', (_, answer, began) => expect(decode(answer)?.toISOString()).toBe(began));

  it('is unknown for another answer', () => expect(() => decode(http(200, '[]'))).toThrow(Unreadable));
});

describe('the soak of Airflow', () => {
  const { decode } = readArchiveTime(AIRFLOW);

  it.each([
    [
      'began with the manifest of its archive',
      s3(200, { objects: [{ key: 'MANIFEST.json', size: 1, modified: minutesAgo(3) }] }),
      minutesAgo(3),
    ],
    ['has not begun without one', s3(200, { objects: [] }), undefined],
  ])('%s', (_, answer, began) => expect(decode(answer)?.toISOString()).toBe(began));

  it('can not be told when the bucket can not be listed', () => expect(() => decode(s3(503))).toThrow('list: 503'));
});
