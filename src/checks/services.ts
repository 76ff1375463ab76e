import { endpointName } from '#model/bucket.ts';
import { type Check, check } from '#model/check.ts';
import { type ServiceRef, serviceName } from '#model/kubernetes.ts';
import type { BucketRef } from '#model/read.ts';
import { failed, met, pending } from '#model/verdict.ts';
import { Deployment, Service, StatefulSet } from './objects.ts';
import { readBucket, readHttp, readList, readObject } from './reads.ts';
import { isElsewhere, refused } from './s3-refusal.ts';

/** Somebody runs behind it: a service without a workload answers 503 for ever, and says no more than that. */
export const serviceIsBacked = (id: string, service: ServiceRef, of: string): Check => {
  const { namespace, name } = service;
  const setting = `${of}.service`;
  const remedy = `name the right one in ${setting} (kubectl get service --all-namespaces), or set ${of} to null`;
  const apps = (resource: string) => ({ group: 'apps', version: 'v1', resource, namespace });
  return check({
    id,
    title: `Somebody runs behind service ${serviceName(service)}`,
    holds: 'always',
    reads: {
      found: readObject({ apiVersion: 'v1', kind: 'Service', namespace, name }, Service),
      deployments: readList(apps('deployments'), Deployment),
      sets: readList(apps('statefulsets'), StatefulSet),
    },
    judge: ({ found, deployments = [], sets = [] }) => {
      if (found === undefined) return failed(`there is no service ${namespace}/${name}`, [`${setting} names it`], remedy);
      if (!found.spec.ports.some(({ port }) => port === service.port))
        return failed(
          `service ${namespace}/${name} has no port ${service.port}`,
          [`it has ${found.spec.ports.map(({ port }) => port).join(', ') || 'none'}`],
          remedy,
        );
      const { selector } = found.spec;
      // Without a selector its endpoints are made by hand: whoever asks it will see.
      if (Object.keys(selector).length === 0) return met('it selects no pods: its endpoints are made by hand');
      const own = [
        ...deployments.map(({ metadata, spec, status }) => ({ kind: 'Deployment', metadata, spec, ready: status.availableReplicas })),
        ...sets.map(({ metadata, spec, status }) => ({ kind: 'StatefulSet', metadata, spec, ready: status.readyReplicas })),
      ].filter(({ spec }) => Object.entries(selector).every(([key, value]) => spec.template.metadata.labels[key] === value));
      const ready = own.reduce((sum, one) => sum + one.ready, 0);
      if (ready > 0) return met(`${ready} ready: ${own.map(({ metadata }) => metadata.name).join(', ')}`);
      const wanted = Object.entries(selector).map(([key, value]) => `${key}=${value}`);
      const pods = `kubectl get pods -n ${namespace} -l ${wanted.join(',')}`;
      const [first] = own;
      if (first === undefined) return pending('no workload has its labels', [`it selects ${wanted.join(', ')}`], pods);
      const what = `${first.kind} ${namespace}/${first.metadata.name}`;
      if (own.every(({ spec }) => spec.replicas === 0))
        return failed(
          `${what} is scaled to 0`,
          [`service ${serviceName(service)} has no endpoints`],
          `kubectl scale ${first.kind.toLowerCase()} -n ${namespace} ${first.metadata.name} --replicas=1, and see its replicas in Git`,
        );
      return pending(`${what} has no ready pod`, [`service ${serviceName(service)} has no endpoints`], pods);
    },
  });
};

/** Whether it is an object store, seen as a stranger. */
export function endpointSpeaksS3(bucket: BucketRef, after: readonly string[]): Check {
  return typeof bucket.endpoint === 'string' ? outsideSpeaksS3(bucket, after) : serviceSpeaksS3(bucket.endpoint, after);
}

/** Amazon sends whoever asks for a list of buckets without a signature to a web page: of a bucket it speaks. */
const outsideSpeaksS3 = (bucket: BucketRef, after: readonly string[]): Check =>
  check({
    id: 's3.endpoint-answers',
    title: `${endpointName(bucket)} answers as an S3 endpoint does`,
    holds: 'always',
    after,
    reads: { answer: readBucket(bucket, 'head-bucket', { unsigned: true }) },
    judge: ({ answer }) => {
      const { status, code, body = '' } = answer;
      if (isElsewhere(bucket, answer) || status >= 500) return refused('list without a signature', bucket, answer);
      if (answer.objects !== undefined || code !== undefined) return met(`S3 answers, with ${status} for a stranger`);
      return failed(
        `${endpointName(bucket)} answers ${status}, and not in S3's XML`,
        [firstLine(body)],
        'name the address of the object store in environment.storage.endpoint, and see what lies in between',
      );
    },
  });

/** Anybody may ask an object store for its list of buckets; whatever it makes of a stranger, it answers in S3's XML. */
const serviceSpeaksS3 = (service: ServiceRef, after: readonly string[]): Check =>
  check({
    id: 's3.endpoint-answers',
    title: `${serviceName(service)} answers as an S3 endpoint does`,
    holds: 'always',
    after,
    reads: { answer: readHttp(service, '/') },
    judge: ({ answer: { status, text } }) => {
      const pods = `kubectl get pods -n ${service.namespace}; kubectl describe service -n ${service.namespace} ${service.name}`;
      if (status >= 500) return pending(`it answers ${status}`, [firstLine(text)], `see the pods behind it: ${pods}`);
      if (/<(Error|ListAllMyBucketsResult)[ >].*<\/\1>\s*$/s.test(text)) return met(`S3 answers, with ${status} for a stranger`);
      return failed(
        `${serviceName(service)} answers ${status}, and not in S3's XML`,
        [firstLine(text)],
        'name the address of the object store in environment.storage.endpoint (kubectl get service -A)',
      );
    },
  });

function firstLine(text: string): string {
  return text.trim().split('\n')[0]?.slice(0, 120) || 'without a text';
}
