/** A planted secret: a name for a person, and the value. */
export type Markers = Readonly<Record<string, string>>;
/** What was written, by where it was found. */
export type Written = Readonly<Record<string, string>>;

/** Where which marker stands, as it is or encoded: "S3 key in stderr of metrics". */
export function findLeaks(markers: Markers, written: Written): readonly string[] {
  return Object.entries(markers).flatMap(([name, marker]) => {
    const forms = formsOf(marker);
    return Object.entries(written).flatMap(([where, text]) => (forms.some((form) => text.includes(form)) ? [`${name} in ${where}`] : []));
  });
}

/** A value as it is, as URLs, JSON, base64 and hexadecimal have it. */
function formsOf(value: string): readonly string[] {
  const bytes = Buffer.from(value);
  return [
    value,
    encodeURIComponent(value),
    new URLSearchParams({ '': value }).toString().slice(1),
    JSON.stringify(value).slice(1, -1),
    bytes.toString('hex'),
    ...[0, 1, 2].flatMap((before) => [within(bytes, before, 'base64'), within(bytes, before, 'base64url')]),
  ];
}

/** What base64 makes of the bytes wherever they stand, without the digits that they share with their neighbours. */
function within(bytes: Buffer, before: number, encoding: 'base64' | 'base64url'): string {
  const digits = Buffer.concat([Buffer.alloc(before), bytes])
    .toString(encoding)
    .replace(/=+$/, '');
  const shared = (before + bytes.length) % 3 === 0 ? 0 : 1;
  return digits.slice([0, 2, 3][before], digits.length - shared);
}
