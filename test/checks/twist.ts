import fc from 'fast-check';
import type { Manifest } from '#model/kubernetes.ts';
import type { Answer } from '#model/read.ts';
import type { Answers } from './support.ts';

const ODD: readonly unknown[] = ['', ' ', 'x', '0', '-1', '1e999', '2026-11-22T15:00:00Z', 0, -1, 1e300, 0.1, true, false, null, [], {}];

/** Somewhere in one of the answers stands something else, or nothing. */
export function twistOne(answers: Answers, gen: fc.GeneratorValue): Answers {
  const name = gen(fc.constantFrom, ...Object.keys(answers));
  return { ...answers, [name]: twist(answers[name] as Answer, gen) };
}

function twist(answer: Answer, gen: fc.GeneratorValue): Answer {
  if (answer.of === 'object') return { ...answer, object: answer.object && (twistValue(structuredClone(answer.object), gen) as Manifest) };
  if (answer.of === 'list') {
    const one = gen(fc.nat, Math.max(0, answer.items.length - 1));
    return { ...answer, items: answer.items.map((item, at) => (at === one ? (twistValue(structuredClone(item), gen) as Manifest) : item)) };
  }
  if (answer.of === 's3')
    return {
      ...answer,
      status: gen(fc.constantFrom, 200, 403, 404, 500, 501, 503),
      body: gen(fc.constantFrom, '', ' ', 'x', '{}', '<html>'),
    };
  if (answer.of === 'secret')
    return { ...answer, keys: gen(fc.constantFrom, [], ['x'], ['', ' '], ['bucket', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) };
  if (answer.of !== 'http') return answer;
  if (gen(fc.nat, 4) > 0) return { ...answer, body: twistBody(answer.body, gen) };
  return { ...answer, status: gen(fc.constantFrom, 200, 204, 400, 401, 404, 500, 503), body: gen(fc.constantFrom, '', 'trouble', '{}') };
}

function twistBody(body: string, gen: fc.GeneratorValue): string {
  if (/^[[{]/.test(body)) return JSON.stringify(twistValue(JSON.parse(body), gen)) ?? '';
  const lines = body.split('\n');
  lines[gen(fc.nat, lines.length - 1)] = gen(fc.constantFrom, '', 'x', '  a: 1', `${lines[0]} x`, 'ring => ', 'b 1');
  return lines.join('\n');
}

function twistValue(value: unknown, gen: fc.GeneratorValue): unknown {
  const keys = typeof value === 'object' && value !== null ? Object.keys(value) : [];
  if (keys.length === 0 || gen(fc.nat, 9) === 0) return gen(fc.constantFrom, ...ODD);
  const tree = value as Record<string, unknown>;
  const key = gen(fc.constantFrom, ...keys);
  if (gen(fc.nat, 9) === 0) delete tree[key];
  else tree[key] = twistValue(tree[key], gen);
  return tree;
}
