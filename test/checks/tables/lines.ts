import { queriesAreFast } from '#checks/loki-coverage.ts';
import { flushReachesBucket, lineReturns } from '#checks/loki-lines.ts';
import {
  ENVIRONMENT,
  failed,
  http,
  LOKI,
  lines,
  met,
  minutesAgo,
  noEndpoints,
  pending,
  recorded,
  s3,
  table,
  unreadable,
} from '../support.ts';

const labels = { namespace: 'monitoring', pod: 'anton-logging-probe', container: 'writer', node: 'k8s-1' };
const found = (texts: readonly string[], stream: Record<string, string> = labels) => ({ found: lines(texts, stream) });
const notThere = { found: noEndpoints };

const chunk = (minutes: number) => ({ key: `fake/${minutes}`, size: 10, modified: minutesAgo(minutes) });
/** Twenty queries of a quarter of a second, but for these. */
const timed = (...others: readonly number[]) => {
  const took = [...others, ...Array.from({ length: 20 - others.length }, () => 250)];
  return { timed: http(200, lines([]).body, { took }) };
};

export default [
  table(lineReturns(LOKI), found(['anton-logging probe mark']), '1 line back: anton-logging probe mark', [
    pending('not yet', found([]), 'no line came back', 'kubectl logs -n monitoring statefulset/loki'),
    pending('a future schema answers 200 and nothing', () => ({ found: recorded('query-range.no-schema.json') }), 'no line came back'),
    pending('no gateway', notThere, 'query_range at monitoring/loki-gateway:80 answers 503'),
    failed(
      'pushed twice on the way',
      found(['mark', 'mark']),
      '2 lines came back',
      'one was pushed through monitoring/loki-gateway:80',
      'kubectl',
    ),
    failed(
      'refused',
      () => ({ found: recorded('query-range.error-syntax.json') }),
      'answers 400',
      'parse error',
      'monitoring/loki-gateway:80 does not take',
    ),
    unreadable('numbers, not lines', () => ({ found: recorded('query-range.matrix.json') }), 'data.resultType'),
    unreadable('a time that is none', { found: http(200, lines(['x']).body.replaceAll(/"\d{19}"/g, '"now"')) }, 'data.result'),
  ]),
  table(
    flushReachesBucket(ENVIRONMENT),
    { list: s3(200, { objects: [chunk(1), chunk(500)] }) },
    '2 chunks, the newest from 2026-11-22T14:59',
    [
      pending(
        "an earlier life's chunks",
        { list: s3(200, { objects: [chunk(500), chunk(3)] }) },
        '2 chunks, the newest from 2026-11-22T14:57:00.000Z',
        'not into bucket loki-logs',
        'loki_ingester_chunks_flush_failures_total',
      ),
      pending('chunks on the local disk', { list: s3(200, { objects: [] }) }, 'no chunk below fake/', 'not into bucket loki-logs'),
      pending('no gateway', { list: s3(503) }, 'list: 503'),
      failed('no such bucket', { list: s3(404, { code: 'NoSuchBucket' }) }, '404 NoSuchBucket', 'environment.storage.bucket.name'),
      unreadable('a time that is none', { list: s3(200, { objects: [{ ...chunk(1), modified: '' }] }) }, 'fake/1 has size 10'),
    ],
  ),
  table(queriesAreFast(ENVIRONMENT), timed(), 'P95 0.250 s over 20 queries', [
    pending(
      'too few to say so',
      { timed: http(200, lines([]).body, { took: Array.from({ length: 19 }, () => 1) }) },
      '19 queries were timed',
      'fewer than 20',
    ),
    met('one slow one of twenty', timed(9000), 'P95 0.250 s'),
    failed('two slow ones', timed(1500, 3000), 'P95 1.500 s', '3.000 s', 'caches'),
    pending('not there', { timed: noEndpoints }, 'query_range at monitoring/loki:3100 answers 503'),
    failed('refused', { timed: http(400, 'the query time range exceeds the limit') }, 'exceeds the limit', 'does not take'),
  ]),
];
