import { XMLParser } from 'fast-xml-parser';
import { administratorOf, clientOf, type Gateway, keysOf } from '../gateway.ts';

/** Straight to the object gateway, as its administrator: what the product reaches through the API server. Keys of up to a thousand objects, whoever the bucket belongs to. */
export async function listObjects(gateway: Gateway, bucket: string): Promise<readonly string[]> {
  const owner = clientOf(await keysOf(gateway, await ownerOf(gateway, bucket)));
  const listed = await owner.fetch(`${gateway.endpoint}/${bucket}?list-type=2`);
  const { ListBucketResult: list } = new XMLParser({ parseTagValue: false, isArray: (name) => name === 'Contents' }).parse(
    await listed.text(),
  );
  return (list.Contents ?? []).map(({ Key }: { Key: string }) => Key);
}

/** Removes a bucket with all that is in it. @returns whose it was */
export async function removeBucket(gateway: Gateway, bucket: string): Promise<string> {
  const owner = await ownerOf(gateway, bucket);
  const path = `${gateway.endpoint}/admin/bucket?bucket=${bucket}&purge-objects=True`;
  const answer = await administratorOf(gateway).fetch(path, { method: 'DELETE' });
  if (!answer.ok) throw new Error(`removing bucket ${bucket}: ${answer.status} ${await answer.text()}`);
  return owner;
}

async function ownerOf(gateway: Gateway, bucket: string): Promise<string> {
  const answer = await administratorOf(gateway).fetch(`${gateway.endpoint}/admin/bucket?format=json&bucket=${bucket}&stats=False`);
  if (!answer.ok) throw new Error(`bucket ${bucket}: ${answer.status} ${await answer.text()}`);
  return ((await answer.json()) as { owner: string }).owner;
}
