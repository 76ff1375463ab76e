import * as v from 'valibot';
import { type Check, check } from '#model/check.ts';
import type { Loki, Storage } from '#model/environment.ts';
import { failed, met, pending } from '#model/verdict.ts';
import { notAnswering } from './answering.ts';
import { type Config, checkConfig, isS3, mendValue, readConfig } from './loki-config.ts';
import { StatefulSet } from './objects.ts';
import { readList, readObject } from './reads.ts';

/** What Loki needs in order to keep its chunks in the goals' bucket, as running. Each of it can be wrong while /ready is green. */
export function storageIsConfigured(loki: Loki, { bucket, endpoint }: Storage): readonly Check[] {
  return [
    schemaIsActive(loki),
    storageIsS3(loki),
    usesPathStyle(loki, bucket.pathStyle),
    ...(typeof bucket.endpoint === 'string' ? [asksOutside(loki, endpoint, bucket.region)] : []),
    bucketIsConfigured(loki, bucket.name),
    hasCredentials(loki, bucket),
  ];
}

/** A first `from` in the future: queries answer 200 and nothing, every push 500. */
const schemaIsActive = (loki: Loki): Check =>
  checkConfig(loki, {
    id: 'loki.schema-active',
    title: "A schema of Loki's is in force",
    judge: (config, where, now) => {
      const from = activeSchema(config, now)?.from;
      if (from !== undefined) return met(`in force since ${from}`);
      const [first] = config.schema_config.configs;
      return failed(
        first === undefined ? 'there is no schema' : `the first schema begins on ${first.from}`,
        [`${where}: no entry of schema_config.configs is in force`, 'every push is refused: "no schema config found for time"'],
        mendValue(loki, 'loki.schemaConfig.configs[0].from', 'a date in the past'),
      );
    },
  });

/** Chunks on the local disk look the same from outside. */
const storageIsS3 = (loki: Loki): Check =>
  checkConfig(loki, {
    id: 'loki.storage-is-s3',
    title: 'Loki keeps its chunks in S3',
    after: ['loki.schema-active'],
    judge: (config, where, now) => {
      const store = activeSchema(config, now)?.object_store ?? '';
      return isS3(store)
        ? met(`object_store ${store} at ${config.storage_config.aws.endpoint || 'the endpoint of AWS'}`)
        : failed(
            `chunks are kept in ${store || 'no store'}`,
            [
              `${where} has schema_config.configs[].object_store: ${store || 'nothing'}`,
              "they go to the pod's own disk, with everything green",
            ],
            mendValue(loki, 'loki.schemaConfig.configs[].object_store', 's3'),
          );
    },
  });

/** Without it Loki asks for a host that nobody serves; with an IP address as endpoint nobody notices. */
const usesPathStyle = (loki: Loki, isNeeded: boolean): Check =>
  checkConfig(loki, {
    id: 'loki.path-style',
    title: isNeeded ? 'Loki names the bucket in the path, not in the host' : 'Loki names the bucket in the host, or in the path',
    judge: ({ storage_config: { aws } }, where) =>
      aws.s3forcepathstyle || !isNeeded
        ? met(aws.s3forcepathstyle ? 's3forcepathstyle, as running' : 'in the host, as running')
        : failed(
            `Loki asks for http://${aws.bucketnames || '<bucket>'}.<host>`,
            [`${where} has storage_config.aws.s3forcepathstyle: false`, 'the object gateway serves no such host'],
            mendValue(loki, 'loki.storage.s3.s3ForcePathStyle', 'true'),
          ),
  });

/** Outside of the cluster the same bucket's name may be somebody else's, and what is not encrypted is seen on the way. */
const asksOutside = (loki: Loki, endpoint: string, region: string): Check =>
  checkConfig(loki, {
    id: 'loki.outside-store',
    title: `Loki's object store is ${endpoint}`,
    judge: ({ storage_config: { aws } }, where) => {
      const wanted = { endpoint, region, insecure: endpoint.startsWith('http://') };
      const other = (['endpoint', 'region', 'insecure'] as const).find((key) => aws[key] !== wanted[key]);
      return other === undefined
        ? met(`${endpoint}, region ${region}, ${aws.insecure ? 'not encrypted' : 'encrypted'}, as running`)
        : failed(
            `Loki's ${other} is ${aws[other] === '' ? 'none' : aws[other]}`,
            [`${where} has storage_config.aws.${other}: ${aws[other] === '' ? 'nothing' : aws[other]}, the goals say ${wanted[other]}`],
            mendValue(loki, `loki.storage.s3.${other}`, String(wanted[other])),
          );
    },
  });

const bucketIsConfigured = (loki: Loki, bucket: string): Check =>
  checkConfig(loki, {
    id: 'loki.bucket-configured',
    title: `Loki's bucket is ${bucket}`,
    judge: ({ storage_config: { aws } }, where) =>
      aws.bucketnames === bucket
        ? met(`bucket ${bucket}, as running`)
        : failed(
            `Loki's bucket is ${aws.bucketnames || 'none'}`,
            [`${where} has storage_config.aws.bucketnames: ${aws.bucketnames || 'nothing'}, the goals say ${bucket}`],
            mendValue(loki, 'loki.storage.bucketNames.chunks', `what environment.storage.bucket.name says: ${bucket}`),
          ),
  });

/** The names that Loki's S3 client looks for; others, as extraEnvFrom brings them from the Secret, it does not read. */
const KEYS = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'] as const;

const PodEnvironment = v.object({
  metadata: v.object({ name: v.string() }),
  spec: v.object({
    containers: v.array(v.object({ name: v.string(), env: v.optional(v.array(v.object({ name: v.string() })), []) })),
  }),
});

/** Without keys a Loki whose retention is off is ready, and every flush fails. */
const hasCredentials = (loki: Loki, { credentials }: Storage['bucket']): Check => {
  const { namespace, name } = loki;
  return check({
    id: 'loki.credentials',
    title: "Loki's process has the keys of its bucket",
    holds: 'always',
    after: ['loki.ready'],
    reads: {
      running: readConfig(loki),
      pods: readList({ group: '', version: 'v1', resource: 'pods', namespace }, PodEnvironment, `app.kubernetes.io/instance=${name}`),
    },
    judge: ({ running, pods = [] }) => {
      if (running.config === undefined) return notAnswering('/config', running);
      if (running.config.storage_config.aws.access_key_id !== '') return met('in its configuration');
      const processes = pods.flatMap(({ metadata, spec }) =>
        spec.containers.flatMap((container) => (container.name === 'loki' ? [{ pod: metadata.name, env: container.env }] : [])),
      );
      if (processes.length === 0) return pending(`no pod in ${namespace} has a container loki`, [], `kubectl get pods -n ${namespace}`);
      const lacking = processes.flatMap(({ pod, env }) =>
        KEYS.filter((key) => !env.some((one) => one.name === key)).map((key) => ({ pod, key })),
      );
      const first = lacking[0];
      return first === undefined
        ? met(`${KEYS.join(' and ')} of ${processes.length} ${processes.length === 1 ? 'pod' : 'pods'}`)
        : failed(
            `Pod ${namespace}/${first.pod}: container loki has no ${lacking
              .filter(({ pod }) => pod === first.pod)
              .map(({ key }) => key)
              .join(' and no ')}`,
            ['every flush is refused, with everything green', 'other names, as extraEnvFrom brings them, are not looked for'],
            `take what replaces singleBinary.extraEnv out of environment.loki.values: both come from Secret ${credentials.namespace}/${credentials.name}; then resume`,
          );
    },
  });
};

/** With more replicas wanted than there are, /ready is 200, and every push and query is refused. */
export const replicationFits = (loki: Loki): Check => {
  const { namespace, name } = loki;
  return check({
    id: 'loki.replication',
    title: 'Each line is wanted on no more replicas than there are',
    holds: 'always',
    after: ['loki.ready'],
    reads: {
      running: readConfig(loki),
      found: readObject({ apiVersion: 'apps/v1', kind: 'StatefulSet', namespace, name }, StatefulSet),
    },
    judge: ({ running, found }) => {
      if (running.config === undefined) return notAnswering('/config', running);
      if (found === undefined)
        return pending(`StatefulSet ${namespace}/${name} is not there`, [], `kubectl get statefulset -n ${namespace}`);
      const { replication_factor: factor } = running.config.common;
      const { replicas } = found.spec;
      return factor <= replicas
        ? met(`replication_factor ${factor} on ${replicas} ${replicas === 1 ? 'replica' : 'replicas'}`)
        : failed(
            `replication_factor ${factor} on ${replicas} ${replicas === 1 ? 'replica' : 'replicas'}`,
            [
              `StatefulSet ${namespace}/${name} has spec.replicas ${replicas}`,
              'pushes and queries are refused with 500, and /ready is 200',
            ],
            mendValue(loki, 'loki.commonConfig.replication_factor', String(replicas)),
          );
    },
  });
};

function activeSchema({ schema_config: { configs } }: Config, now: Date): Config['schema_config']['configs'][number] | undefined {
  return configs.findLast(({ from }) => Date.parse(from) <= now.getTime());
}
