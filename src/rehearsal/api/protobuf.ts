import type { Tree } from '../tree.ts';

/** What an envelope of Kubernetes begins with. */
const MAGIC = Buffer.from('k8s\0');
const ATTRIBUTES = ['namespace', 'verb', 'group', 'version', 'resource', 'subresource', 'name'];

/** kubectl asks "auth can-i" in protobuf, without looking whether the server knows it: so that one message is known. */
export function parseAccessReview(body: Buffer): Tree {
  if (!body.subarray(0, MAGIC.length).equals(MAGIC)) return JSON.parse(body.toString());
  const raw = messageIn(body.subarray(MAGIC.length), 2);
  const fields = fieldsOf(messageIn(messageIn(raw, 2), 1));
  const attributes = fields.map(({ number, value }) => [ATTRIBUTES[number - 1] ?? '', value.toString()]);
  return { spec: { resourceAttributes: Object.fromEntries(attributes) } };
}

function messageIn(message: Buffer, wanted: number): Buffer {
  return fieldsOf(message).find(({ number }) => number === wanted)?.value ?? Buffer.alloc(0);
}

/** The fields that have a length: texts and messages. There are no others in a review. */
function fieldsOf(message: Buffer): readonly { readonly number: number; readonly value: Buffer }[] {
  const fields = [];
  for (let at = 0; at < message.length; ) {
    const [tag, afterTag] = readNumber(message, at);
    const [length, start] = readNumber(message, afterTag);
    fields.push({ number: tag >> 3, value: message.subarray(start, start + length) });
    at = start + length;
  }
  return fields;
}

function readNumber(message: Buffer, from: number): readonly [number, number] {
  let value = 0;
  for (let at = from, shift = 0; ; at += 1, shift += 7) {
    const byte = message[at] ?? 0;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return [value, at + 1];
  }
}
