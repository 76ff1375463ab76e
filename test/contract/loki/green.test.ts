import { expect, test } from 'vitest';
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

/** Green all the way, and wrong: each renders, passes `-verify-config` and calls itself ready. What the check says of it. */
const WRONG: readonly (readonly [title: string, check: string, says: string, options: LokiOptions])[] = [
  ['retention is off', 'loki.retention-runs', 'nothing deletes', { configuration: { compactor: { retention_enabled: false } } }],
  ['retention has no period', 'loki.retention-runs', 'retention_period', { configuration: { limits_config: { retention_period: '0s' } } }],
  ['retention has another period', 'loki.retention-runs', '30d', { configuration: { limits_config: { retention_period: '168h' } } }],
  [
    'delete requests go to the local disk',
    'loki.retention-runs',
    'filesystem',
    { configuration: { compactor: { delete_request_store: 'filesystem' } } },
  ],
  [
    'chunks go to the local disk',
    'loki.storage-is-s3',
    'object_store: filesystem',
    { configuration: schema({ object_store: 'filesystem' }) },
  ],
  ['the schema begins in the future', 'loki.storage-is-s3', 'begin in the future', { configuration: schema({ from: '2036-04-01' }) }],
  [
    'more replicas than there are',
    'loki.storage-is-s3',
    'replication_factor is 3',
    { configuration: { common: { replication_factor: 3 } } },
  ],
];

test('as we ship it, all of these checks are met', async () => {
  const { loki, judge } = await start({});
  for (const [, check] of WRONG) expect(await judge(check), check).toMatchObject({ state: 'met' });
  await loki.stop();
});

test.each(WRONG)('%s', async (_, check, says, options) => {
  const { loki, judge } = await start(options);
  expect((await loki.ask('/ready')).text).toBe('ready\n');
  const outcome = await judge(check);
  expect(outcome.state, outcome.saw).not.toBe('met');
  expect(outcome.state, outcome.saw).not.toBe('unknown');
  expect(JSON.stringify(outcome)).toContain(says);
  await loki.stop();
});

function schema(rest: Tree): Tree {
  const today = { from: '2024-04-01', store: 'tsdb', object_store: 's3', schema: 'v13', index: { prefix: 'index_', period: '24h' } };
  return { schema_config: { configs: [{ ...today, ...rest }] } };
}

/** One Loki, with a line in it, and what our checks say of it. */
async function start(options: LokiOptions): Promise<{ loki: Loki; judge(check: string): Promise<Outcome> }> {
  const loki = await startLoki(cluster(), options);
  await loki.push({ stream: { namespace: 'a' }, values: [[nanoseconds(), 'x']] });
  const environment = environmentWith({ loki: { namespace: loki.namespace }, storage: { bucket: { name: loki.store.bucket } } });
  const look = (request: Request) => answer(cluster(), request);
  return { loki, judge: (id) => judgeCheck(findCheck(environment, id), look, new Date()) };
}

function findCheck(environment: Environment, id: string): Check {
  const validations = phases.flatMap((phase) =>
    phase.for(environment).objectives.flatMap(({ deliverables }) => deliverables.flatMap(({ validations }) => validations)),
  );
  const found = validations.filter(isCheck).find((check) => check.id === id);
  if (found === undefined) throw new Error(`there is no check ${id}`);
  return found;
}

async function answer({ ask }: Cluster, request: Request): Promise<Answer> {
  if (request.of !== 'http') throw new Error(`only HTTP is asked for here, and not ${request.of}`);
  const { service, path, method = 'GET', query, body } = request;
  const began = Date.now();
  const { status, contentType, text } = await ask(`${service.namespace}/${service.name}:${service.port}`, path, {
    method,
    body,
    ...(query === undefined ? {} : { query }),
  });
  return { of: 'http', status, contentType: contentType ?? '', body: text, took: [Date.now() - began] };
}
