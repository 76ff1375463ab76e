/** What stands in place of a secret. */
export const MASK = '***';

/** A name that says that its value is a credential, with what may follow in the name: AWS_SECRET_ACCESS_KEY, dbPassword, X-Amz-Signature. */
const NAME =
  '(?:access[_-]?key|secret|api[_-]?key|private[_-]?key|signing[_-]?key|encryption[_-]?key|passw(?:or)?d|passphrase|pwd|token|credential|signature|cookie)[\\w.-]*';
/** In quotes, also escaped ones; else up to the next space. A quote that is never closed ends with its line. */
const VALUE = String.raw`(?:\\+"[^\n]*?(?:\\+"|$)|"(?:[^"\\\n]|\\.)*(?:"|$)|'[^'\n]*(?:'|$)|\S+)`;

/** In this order: what spans lines before what lies within one. */
const RULES: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$(?![\s\S]))/g, MASK],
  // Of a key whose beginning was cut off.
  [/^[\s\S]*-----END [A-Z ]*PRIVATE KEY-----/, MASK],
  [/^\s*[A-Za-z0-9+/]{40,}={0,2}\s*$/gm, MASK],
  [/((?:proxy-)?authorization\\*["']?\s*[:=])[^\n]*/gi, `$1 ${MASK}`],
  [/\b(bearer|basic)\s+[^\s"',]+/gi, `$1 ${MASK}`],
  [new RegExp(String.raw`(${NAME}\\*["']?\s*[:=]\s*)${VALUE}`, 'gim'), `$1${MASK}`],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{8,}/g, MASK],
  [/\beyJ[\w-]+(?:\.[\w-]+)+/g, MASK],
  [/((?:token|secret|key|password|credential|auth)\w*[^\n]{0,20}?)(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{24,}={0,2}/gi, `$1${MASK}`],
];

/**
 * Text that somebody's program wrote, without what looks like a credential: it rather masks too much. Lines stay lines.
 * What looks like any other word is not found.
 */
export function redact(text: string): string {
  return RULES.reduce((clean, [secret, mask]) => clean.replace(secret, mask), redactUrls(text));
}

/** Whether a name says that its value is a credential. */
export function namesCredential(name: string): boolean {
  return new RegExp(`${NAME}$`, 'i').test(name);
}

/** Of a diff: not the text of a file but what git says of it. */
const HEADING = /^(?:diff --git |index |new file |deleted file |@@ |\+\+\+ (?:b\/|\/dev)|--- (?:a\/|\/dev))/;
const BLOCK = new RegExp(`^(\\s*)(?:- )?["']?[\\w.-]*${NAME}["']?\\s*:\\s*[|>][-+\\d]*\\s*$`, 'i');
const NAMED = new RegExp(`\\bname["']?\\s*:\\s*["']?[\\w.-]*${NAME}["']?,?\\s*$`, 'i');

/** A diff of files, masked line by line: no line is lost, and what stands in a block below a credential's name goes with it. */
export function redactLines(text: string): string {
  let block: number | undefined;
  let named = false;
  const whole = text.replace(/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$(?![\s\S]))/g, MASK);
  return redactUrls(whole)
    .split('\n')
    .map((line) => {
      if (HEADING.test(line)) return line;
      const sign = /^[-+ ]?/.exec(line)?.[0] ?? '';
      const rest = line.slice(sign.length);
      const indent = rest.search(/\S|$/);
      if (block !== undefined && (rest.trim() === '' || indent > block))
        return `${sign}${' '.repeat(indent)}${rest.trim() === '' ? '' : MASK}`;
      block = BLOCK.test(rest) ? indent : undefined;
      if (block !== undefined) return line;
      const wasNamed = named;
      named = NAMED.test(rest);
      if (named) return line;
      return `${sign}${redact(wasNamed ? rest.replace(/(\bvalue["']?\s*:\s*)\S.*$/, `$1${MASK}`) : rest)}`;
    })
    .join('\n');
}

/** A text without the credentials that URLs in it may carry. */
export function redactUrls(text: string): string {
  return text.replaceAll(/([a-z][a-z0-9+.-]*:\/\/)[^\s/]+@/gi, `$1${MASK}@`);
}
