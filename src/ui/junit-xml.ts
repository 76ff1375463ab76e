import { XMLBuilder } from 'fast-xml-parser';
import { oneLine } from './text.ts';

export interface Case {
  /** What it belongs to: an objective's id. */
  readonly of: string;
  /** The same for every word on the same thing. */
  readonly id: string;
  readonly name: string;
  /** `pending` is written as skipped: nobody waited for it to the end. */
  readonly result: 'met' | 'failure' | 'error' | 'skipped' | 'pending';
  readonly message: string;
  /** Lines below the message: causes and remedy. */
  readonly details: readonly string[];
}

export interface Suite {
  readonly name: string;
  readonly cases: readonly Case[];
}

/** JUnit's XML in the form that CI servers read: https://github.com/testmoapp/junitxml. A case that is met has its message as output. */
export function writeSuites(suites: readonly Suite[]): string {
  const all = suites.flatMap(({ cases }) => cases);
  const document = {
    '?xml': { '@version': '1.0', '@encoding': 'UTF-8' },
    testsuites: {
      '@name': 'anton-logging',
      ...count(all),
      testsuite: suites.map(({ name, cases }) => ({ '@name': clean(name), ...count(cases), testcase: cases.map(writeCase) })),
    },
  };
  const builder = new XMLBuilder({ ignoreAttributes: false, attributeNamePrefix: '@', suppressEmptyNode: true, format: true });
  return builder.build(document);
}

function count(cases: readonly Case[]): Readonly<Record<string, number>> {
  const of = (...wanted: readonly Case['result'][]) => cases.filter(({ result }) => wanted.includes(result)).length;
  return { '@tests': cases.length, '@failures': of('failure'), '@errors': of('error'), '@skipped': of('skipped', 'pending') };
}

function writeCase({ of, name, result, message, details }: Case): object {
  const base = { '@classname': clean(of), '@name': clean(name) };
  if (result === 'met') return { ...base, 'system-out': clean(message) };
  return { ...base, [result === 'pending' ? 'skipped' : result]: { '@message': clean(message), '#text': details.map(clean).join('\n') } };
}

/** Without the characters that XML 1.0 has no place for, not even escaped: https://www.w3.org/TR/xml/#charsets */
function clean(text: string): string {
  return oneLine(text).replace(/[^\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, '');
}
