import { expect, inject, test, vi } from 'vitest';
import { judgeCheck } from '#engine/judge.ts';
import { type Check, isCheck } from '#model/check.ts';
import type { Environment } from '#model/environment.ts';
import type { Answer, Request } from '#model/read.ts';
import type { Outcome } from '#model/verdict.ts';
import phases from '#phases/index.ts';
import type { Tree } from '#rehearsal/tree.ts';
import { environmentWith } from '../../phases/environments.ts';
import { type Cluster, useCluster } from '../services.ts';
import { type Loki, type LokiOptions, nanoseconds, PARTS, startLoki } from './loki.ts';

const cluster = useCluster(PARTS, async (started) => started);

/** A check, and words that it has to say. */
type Saying = readonly [check: string, says: string];

interface Wrong extends LokiOptions {
  readonly title: string;
  readonly found: readonly Saying[];
}

const NOBODY = '{job="monitoring/alloy"}';
const SOMEBODY = '{namespace="a"}';
const rules = (...selectors: readonly string[]) => `groups:
  - name: log-volume
    interval: 1s
    rules:
${selectors.map((selector, index) => `      - record: lines_${index}:rate5m\n        expr: sum by (namespace) (rate(${selector} [5m]))\n`).join('')}`;

/** Green all the way, and wrong: each renders, passes `-verify-config`, starts and calls itself ready. Several in one, for a start takes its time. */
const WRONGS: readonly Wrong[] = [
  {
    title: 'chunks and delete requests on the local disk, no period, a rule that selects nothing, written to nobody',
    configuration: {
      ...schema({ object_store: 'filesystem' }),
      compactor: { delete_request_store: 'filesystem' },
      limits_config: { retention_period: '0s' },
      ruler: { remote_write: { enabled: true, clients: { prometheus: { url: 'http://127.0.0.1:3100/api/v1/write' } } } },
    },
    rules: rules(SOMEBODY, NOBODY),
    found: [
      ['loki.rules-select', NOBODY],
      ['loki.remote-write-succeeds', 'the ruler writes to http://127.0.0.1:3100'],
      ['loki.storage-is-s3', 'chunks are kept in filesystem'],
      ['loki.writes-succeed', 'none of them to S3'],
      ['loki.delete-store', 'filesystem'],
      ['loki.retention-period', 'lines are kept for ever'],
    ],
  },
  {
    title: 'retention off, rules on S3, more replicas than there are',
    configuration: {
      compactor: { retention_enabled: false },
      ruler: { storage: { type: 's3' } },
      common: { replication_factor: 3 },
    },
    found: [
      ['loki.retention-runs', 'nothing deletes'],
      ['loki.rules-storage', 'reads its rules from s3'],
      ['loki.replication', 'replication_factor 3 on 1 replica'],
    ],
  },
  {
    title: 'a schema of the future, another period, rules where Loki empties the folder',
    configuration: {
      ...schema({ from: '2036-04-01' }),
      ruler: { rule_path: '/rules' },
      limits_config: { retention_period: '168h' },
    },
    found: [
      ['loki.schema-active', 'begins on 2036-04-01'],
      ['loki.rule-path', 'rule_path is /rules'],
      ['loki.retention-period', 'retention_period is'],
    ],
  },
  {
    title: 'no keys while retention is off',
    configuration: {
      compactor: { retention_enabled: false },
      common: { storage: { s3: { access_key_id: '', secret_access_key: '' } } },
    },
    container: { env: [] },
    found: [
      ['loki.credentials', 'AWS_ACCESS_KEY_ID'],
      ['loki.flushes-succeed', 'flushes failed'],
    ],
  },
];

test('as we ship it, none of these checks finds anything', async () => {
  const { loki, judge } = await start({ rules: rules(SOMEBODY) });
  const checks = new Set(WRONGS.flatMap(({ found }) => found.map(([check]) => check)));
  // Nobody takes what this one's rules record.
  checks.delete('loki.remote-write-succeeds');
  for (const check of checks) await eventually(async () => expect((await judge(check)).state, check).toBe('met'));
  await loki.stop();
});

test.each(WRONGS)('$title', async ({ found, ...options }) => {
  const { loki, judge } = await start(options);
  expect((await loki.ask('/ready')).text).toBe('ready\n');
  for (const [check, says] of found) {
    await eventually(async () => {
      const outcome = await judge(check);
      expect(outcome.state, JSON.stringify(outcome)).toBe('failed');
      expect(JSON.stringify(outcome)).toContain(JSON.stringify(says).slice(1, -1));
    });
  }
  await loki.stop();
});

function schema(rest: Tree): Tree {
  const today = { from: '2024-04-01', store: 'tsdb', object_store: 's3', schema: 'v13', index: { prefix: 'index_', period: '24h' } };
  return { schema_config: { configs: [{ ...today, ...rest }] } };
}

async function eventually(seen: () => Promise<void>): Promise<void> {
  await vi.waitFor(seen, { timeout: inject('realCluster') === undefined ? 5_000 : 90_000, interval: 200 });
}

/** One Loki with a line in it that it was told to flush, and what our checks say of it. */
async function start(options: LokiOptions): Promise<{ loki: Loki; judge(check: string): Promise<Outcome> }> {
  const loki = await startLoki(cluster(), options);
  await loki.push({ stream: { namespace: 'a' }, values: [[nanoseconds(), 'x']] });
  await loki.ask('/flush', { method: 'POST' });
  const environment = environmentWith({ loki: { namespace: loki.namespace }, storage: { bucket: { name: loki.store.bucket } } });
  const look = (request: Request) => answer(cluster(), request, options);
  return { loki, judge: (id) => judgeCheck(findCheck(environment, id), look, new Date()) };
}

function findCheck(environment: Environment, id: string): Check {
  const objectives = phases.flatMap((phase) => phase.for(environment).objectives);
  const checks = objectives.flatMap(({ deliverables }) => deliverables.flatMap(({ validations }) => validations)).filter(isCheck);
  const found = checks.find((check) => check.id === id);
  if (found === undefined) throw new Error(`there is no check ${id}`);
  return found;
}

/** Loki answers for itself. Beside it there are its one pod and no Prometheus: what else is asked for is answered like that. */
async function answer({ ask }: Cluster, request: Request, { container }: LokiOptions): Promise<Answer> {
  if (request.of === 'object') return { of: 'object', object: { ...request.ref, metadata: { name: 'loki' }, spec: SET } as never };
  if (request.of === 'list') {
    const env = container?.env ?? [{ name: 'AWS_ACCESS_KEY_ID' }, { name: 'AWS_SECRET_ACCESS_KEY' }];
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'loki-0' }, spec: { containers: [{ name: 'loki', env }] } };
    return { of: 'list', served: true, items: [pod] };
  }
  if (request.of !== 'http') throw new Error(`nobody here answers for ${request.of}`);
  const { service, path, method = 'GET', query = {}, body } = request;
  if (service.port !== 3100) return http(200, JSON.stringify({ status: 'success', data: { resultType: 'vector', result: [] } }));
  const { status, text } = await ask(`${service.namespace}/${service.name}:${service.port}`, path, { method, query, body });
  return http(status, text);
}

const SET = { replicas: 1, template: { spec: { containers: [] } } };

function http(status: number, body: string): Answer {
  return { of: 'http', status, contentType: '', body, took: [1] };
}
