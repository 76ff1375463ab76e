import { AwsClient } from 'aws4fetch';

/** An object gateway of Ceph, with the keys of its administrator. */
export interface Gateway {
  readonly endpoint: string;
  readonly accessKey: string;
  readonly secretKey: string;
}

/** Of a user of the gateway. */
export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Signs as that user, and asks once. */
export function clientOf(keys: Keys, region = 'us-east-1'): AwsClient {
  return new AwsClient({ ...keys, service: 's3', region, retries: 0 });
}

export function administratorOf({ accessKey, secretKey }: Gateway): AwsClient {
  return clientOf({ accessKeyId: accessKey, secretAccessKey: secretKey });
}

/** The keys of a user, who is made if not there yet: https://docs.ceph.com/en/pacific/radosgw/adminops/. */
export async function keysOf(gateway: Gateway, uid: string): Promise<Keys> {
  const administrator = administratorOf(gateway);
  const user = `${gateway.endpoint}/admin/user?format=json&uid=${encodeURIComponent(uid)}`;
  const found = await administrator.fetch(user);
  const answer =
    found.status === 404 ? await administrator.fetch(`${user}&display-name=${encodeURIComponent(uid)}`, { method: 'PUT' }) : found;
  if (!answer.ok) throw new Error(`user ${uid} of the gateway: ${await codeOf(answer)}`);
  const [key] = ((await answer.json()) as { keys: [{ access_key: string; secret_key: string }] }).keys;
  return { accessKeyId: key.access_key, secretAccessKey: key.secret_key };
}

/** Makes a bucket as its owner, or as whoever owned it before it was removed. */
export async function makeBucket({ endpoint }: Gateway, bucket: string, owner: Keys): Promise<void> {
  const answer = await clientOf(owner).fetch(`${endpoint}/${bucket}`, { method: 'PUT' });
  if (!answer.ok) throw new Error(`creating bucket ${bucket}: ${await codeOf(answer)}`);
}

/** "BucketAlreadyExists": in XML, or in the JSON of the administrator's API. */
async function codeOf(answer: Response): Promise<string> {
  return /\bCode"?[>:]"?(\w+)/.exec(await answer.text())?.[1] ?? `status ${answer.status}`;
}
