import { AwsClient } from 'aws4fetch';
import { XMLParser } from 'fast-xml-parser';
import type { RealCluster } from '../cluster.ts';

/** Straight to the object gateway, as its administrator: what the product reaches through the API server. */
function administrator({ s3 }: RealCluster): AwsClient {
  return new AwsClient({ accessKeyId: s3.accessKey, secretAccessKey: s3.secretKey, service: 's3', region: 'us-east-1', retries: 0 });
}

/** Keys of the objects in a bucket, whoever it belongs to: up to a thousand. */
export async function listObjects(cluster: RealCluster, bucket: string): Promise<readonly string[]> {
  const answer = await administrator(cluster).fetch(`${cluster.s3.endpoint}/admin/bucket?format=json&bucket=${bucket}&stats=False`);
  if (!answer.ok) throw new Error(`bucket ${bucket}: ${answer.status} ${await answer.text()}`);
  const owner = ((await answer.json()) as { owner: string }).owner;
  const listed = await (await clientOf(cluster, owner)).fetch(`${cluster.s3.endpoint}/${bucket}?list-type=2`);
  const { ListBucketResult: list } = new XMLParser({ parseTagValue: false, isArray: (name) => name === 'Contents' }).parse(
    await listed.text(),
  );
  return (list.Contents ?? []).map(({ Key }: { Key: string }) => Key);
}

/** Makes a bucket as the user that has made it before, or as nobody else could: for a bucket that was removed. */
export async function makeBucket(cluster: RealCluster, bucket: string, owner: string): Promise<void> {
  const answer = await (await clientOf(cluster, owner)).fetch(`${cluster.s3.endpoint}/${bucket}`, { method: 'PUT' });
  if (!answer.ok) throw new Error(`making bucket ${bucket}: ${answer.status} ${await answer.text()}`);
}

/** Removes a bucket with all that is in it. @returns whose it was */
export async function removeBucket(cluster: RealCluster, bucket: string): Promise<string> {
  const client = administrator(cluster);
  const about = await client.fetch(`${cluster.s3.endpoint}/admin/bucket?format=json&bucket=${bucket}&stats=False`);
  const { owner } = (await about.json()) as { owner: string };
  const answer = await client.fetch(`${cluster.s3.endpoint}/admin/bucket?bucket=${bucket}&purge-objects=True`, { method: 'DELETE' });
  if (!answer.ok) throw new Error(`removing bucket ${bucket}: ${answer.status} ${await answer.text()}`);
  return owner;
}

async function clientOf(cluster: RealCluster, uid: string): Promise<AwsClient> {
  const answer = await administrator(cluster).fetch(`${cluster.s3.endpoint}/admin/user?format=json&uid=${encodeURIComponent(uid)}`);
  const [key] = ((await answer.json()) as { keys: [{ access_key: string; secret_key: string }] }).keys;
  return new AwsClient({ accessKeyId: key.access_key, secretAccessKey: key.secret_key, service: 's3', region: 'us-east-1', retries: 0 });
}
