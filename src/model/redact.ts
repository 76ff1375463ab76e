/** What stands in place of a secret. */
const MASK = '***';

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

/** A text without the credentials that URLs in it may carry. */
export function redactUrls(text: string): string {
  return text.replaceAll(/([a-z][a-z0-9+.-]*:\/\/)[^\s/]+@/gi, `$1${MASK}@`);
}
