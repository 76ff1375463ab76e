import { endpointName } from '#model/bucket.ts';
import type { BucketRef, S3Answer } from '#model/read.ts';
import { failed, pending, type Verdict } from '#model/verdict.ts';

/** Codes of a request that was signed for another region than the bucket's, or sent to its address. */
const ELSEWHERE = [
  'PermanentRedirect',
  'AuthorizationHeaderMalformed',
  'AuthorizationQueryParametersError',
  'IllegalLocationConstraintException',
];

/** Whether the object store says that the bucket lies in another region than ours. */
export function isElsewhere(bucket: BucketRef, { code = '', region }: S3Answer): boolean {
  return ELSEWHERE.includes(code) && region !== bucket.region;
}

/** Why the object store said no. Its own failures pass; a bucket or key that it does not know stays unknown. */
export function refused(operation: string, bucket: BucketRef, answer: S3Answer): Verdict {
  const { status, code, body } = answer;
  const saw = `${operation}: ${status}${code === undefined ? '' : ` ${code}`}`;
  const store = seeStore(bucket);
  if (status >= 500 && status !== 501) {
    const why =
      typeof bucket.endpoint !== 'string' && status === 503 ? 'the gateway has no ready pod, or is busy' : 'the object store failed';
    return pending(saw, [why, body ?? ''], store);
  }
  if (isElsewhere(bucket, answer)) return elsewhere(saw, bucket, answer);
  // For some hours Amazon sends on whoever asks for a new bucket.
  if (status === 307) return pending(saw, [body || 'the bucket is so new that not everybody knows where it is'], store);
  if (status === 404)
    return failed(
      saw,
      [body || `bucket ${bucket.name} or the key is not there`],
      'make the bucket, or name the right one: environment.storage.bucket.name for Loki, environment.airflow.archive.bucket for Airflow',
    );
  if (status === 403) return forbidden(saw, bucket, answer);
  return failed(saw, [body || 'the object store does not say why'], store);
}

function elsewhere(saw: string, bucket: BucketRef, { body, region }: S3Answer): Verdict {
  const where = region === undefined ? 'in another region' : `in region ${region}`;
  const address = region === undefined ? undefined : endpointName(bucket).replace(bucket.region, region);
  const own = address === undefined || address === endpointName(bucket) ? 'its address' : address;
  return failed(
    saw,
    [body ?? '', `bucket ${bucket.name} is ${where}, and was asked for in ${bucket.region} at ${endpointName(bucket)}`],
    `set environment.storage.region to ${region ?? "the bucket's own"} and environment.storage.endpoint to ${own}, or make bucket ${bucket.name} in ${bucket.region}`,
  );
}

function forbidden(saw: string, bucket: BucketRef, { code, body }: S3Answer): Verdict {
  const { namespace, name } = bucket.credentials;
  const cause = [body || `the credentials in Secret ${namespace}/${name} are refused`];
  if (code === 'RequestTimeTooSkewed') return failed(saw, cause, 'let NTP set the clock of this machine (timedatectl)');
  if (typeof bucket.endpoint !== 'string')
    return failed(
      saw,
      cause,
      `renew Secret ${namespace}/${name} where it comes from (kubectl describe externalsecret,objectbucketclaim -n ${namespace}); a proxy that rewrites Host breaks signatures, too`,
    );
  return code === 'AccessDenied'
    ? failed(
        saw,
        cause,
        `let the user of Secret ${namespace}/${name} list bucket ${bucket.name} and get, put and delete its objects (s3:ListBucket, s3:GetObject, s3:PutObject, s3:DeleteObject)`,
      )
    : failed(
        saw,
        cause,
        `renew Secret ${namespace}/${name} with keys that ${bucket.endpoint} knows; a proxy that rewrites Host breaks signatures, too`,
      );
}

/** Where to look when it fails by itself. */
function seeStore({ endpoint, ...bucket }: BucketRef): string {
  if (typeof endpoint !== 'string')
    return `kubectl get pods -n ${endpoint.namespace}; see the log of what is behind ${endpointName({ endpoint })}`;
  return `ask whoever runs ${endpoint} how it is, and whether bucket ${bucket.name} can be used there`;
}
