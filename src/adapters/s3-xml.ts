import { Unreadable } from '#model/errors.ts';

/** What may stand in any XML that S3 answers with. */
export interface Parts {
  readonly objects: readonly { readonly key: string; readonly size: number; readonly modified: string }[];
  /** Continuation token of a list. */
  readonly next?: string;
  readonly uploadId?: string;
  readonly code?: string;
  readonly message?: string;
  /** Where the bucket is, in the refusal of a request that was signed for another region. */
  readonly region?: string;
}

/** @throws Unreadable when the text is not the list of a bucket */
export async function readList(text: string): Promise<Parts> {
  const parts = await readParts(text);
  if (!/<ListBucketResult[ >]/.test(text)) throw new Unreadable("the object store's answer is not the list of a bucket");
  return parts;
}

/** @throws Unreadable when the text is neither empty nor whole XML */
export async function readParts(text: string): Promise<Parts> {
  if (!text.trimStart().startsWith('<')) return { objects: [] };
  const { XMLParser, XMLValidator } = await import('fast-xml-parser');
  const valid = XMLValidator.validate(text);
  if (valid !== true) throw new Unreadable(`the object store's answer is not XML: ${valid.err.msg}`);
  // Keys that look like numbers must stay texts.
  const parser = new XMLParser({ parseTagValue: false, isArray: (name) => name === 'Contents' });
  const document: Record<string, Element | undefined> = parse(parser, text);
  const { ListBucketResult: list, InitiateMultipartUploadResult: upload, Error: refusal } = document;
  const next = list?.IsTruncated === 'true' ? list.NextContinuationToken : undefined;
  return {
    objects: (list?.Contents ?? []).map(readEntry),
    ...ifText('next', next),
    ...ifText('uploadId', upload?.UploadId),
    ...ifText('code', refusal?.Code),
    ...ifText('message', refusal?.Message),
    ...ifText('region', refusal?.Region),
  };
}

/** The parser refuses what the validator lets pass: entities that grow without end, names that JavaScript gives a meaning. */
function parse(parser: { parse(text: string): unknown }, text: string): Record<string, Element | undefined> {
  try {
    return parser.parse(text) as Record<string, Element | undefined>;
  } catch (error) {
    throw new Unreadable(`the object store's answer can't be understood: ${(error as Error).message}`);
  }
}

/** @throws Unreadable when it is no object of a bucket */
function readEntry({ Key, Size, LastModified }: Entry): Parts['objects'][number] {
  const size = Number(Size);
  if (typeof Key !== 'string' || typeof LastModified !== 'string' || !(size >= 0))
    throw new Unreadable("the object store's answer lists something that is no object");
  return { key: Key, size, modified: LastModified };
}

/** An element that has others in it is no text. */
function ifText<K extends string>(name: K, value: unknown): { readonly [key in K]?: string } {
  return (typeof value === 'string' ? { [name]: value } : {}) as { readonly [key in K]?: string };
}

type Entry = Readonly<Record<'Key' | 'Size' | 'LastModified', unknown>>;
type Element = Readonly<Record<string, unknown>> & { readonly Contents?: readonly Entry[] };
