import { Unreadable } from '#model/errors.ts';

/** What may stand in any XML that S3 answers with. */
export interface Parts {
  readonly objects: readonly { readonly key: string; readonly size: number; readonly modified: string }[];
  /** Continuation token of a list. */
  readonly next?: string;
  readonly uploadId?: string;
  readonly code?: string;
  readonly message?: string;
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
  const document: Record<string, Element | undefined> = parser.parse(text);
  const { ListBucketResult: list, InitiateMultipartUploadResult: upload, Error: refusal } = document;
  const next = list?.IsTruncated === 'true' ? list.NextContinuationToken : undefined;
  return {
    objects: (list?.Contents ?? []).map(({ Key, Size, LastModified }) => ({ key: Key, size: Number(Size), modified: LastModified })),
    ...(next !== undefined && { next }),
    ...(upload?.UploadId !== undefined && { uploadId: upload.UploadId }),
    ...(refusal?.Code !== undefined && { code: refusal.Code }),
    ...(refusal?.Message !== undefined && { message: refusal.Message }),
  };
}

type Element = Readonly<Record<Exclude<string, 'Contents'>, string | undefined>> & {
  readonly Contents?: readonly { readonly Key: string; readonly Size: string; readonly LastModified: string }[];
};
