import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findMetric, sumMetric } from '#checks/metrics.ts';
import { formatBytes, parseQuantity } from '#checks/quantity.ts';
import { Unreadable } from '#model/errors.ts';
import type { Verdict } from '#model/verdict.ts';
import { type Answers, judge, NOW, type Table, whyNothingRecorded } from './support.ts';
import tables from './tables/index.ts';
import { twistOne } from './twist.ts';

describe('judges are total: whatever could be read gives a verdict that can be shown', () => {
  it.each(tables.filter(({ met }) => Object.keys(met).length > 0))('$id', (table) => {
    const property = fc.property(
      fc.constantFrom(...answersOf(table)),
      fc.array(fc.gen(), { minLength: 1, maxLength: 3 }),
      (answers, twists) => {
        const twisted = twists.reduce<Answers>((all, gen) => twistOne(all, gen), answers);
        const verdict = judgeReadable(table, twisted);
        if (verdict !== undefined) expectShowable(verdict);
      },
    );
    fc.assert(property, { numRuns: 150 });
  });
});

describe('quantities', () => {
  it.each([
    ['512Mi', 512 * 2 ** 20],
    ['1.5Gi', 1.5 * 2 ** 30],
    ['2G', 2e9],
    ['1e3', 1000],
    ['5E', 5e18],
    ['100m', 0.1],
    ['250u', 0.00025],
    ['0', 0],
    ['-1Ki', -1024],
  ])('%s', (text, value) => expect(parseQuantity(text)).toBeCloseTo(value, 6));

  it.each(['', 'plenty', '1Zi', '1 Gi', '1.2.3', '1e999', 'Gi', '0x10'])('%j is none', (text) => expect(parseQuantity(text)).toBeNaN());

  it('what is formatted is read back, to a digit', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 50), (bytes) => {
        const read = formatBytes(bytes).replace(/B$/, '');
        expect(Math.abs(parseQuantity(read) - bytes)).toBeLessThanOrEqual(bytes * 0.05);
      }),
    );
  });
});

describe('metrics in text', () => {
  const name = fc.constantFrom('loki_canary_entries_total', 'loki_write_sent_entries_total');
  const label = fc.string().map((value) => (value === '' ? '' : `{reason=${JSON.stringify(value)}}`));
  const sample = fc.record({ name, label, value: fc.nat(1_000_000) });

  it('are found by whole name, with or without labels, among others', () => {
    fc.assert(
      fc.property(fc.array(sample), name, (samples, wanted) => {
        const text = samples
          .map((one) => `# TYPE ${one.name} counter\n${one.name}_other 7\n${one.name}2 7\n${one.name}${one.label} ${one.value}`)
          .join('\n');
        const values = samples.filter((one) => one.name === wanted).map(({ value }) => value);
        expect(findMetric(text, wanted)).toBe(values[0]);
        expect(sumMetric(text, wanted)).toBe(values.reduce((sum, value) => sum + value, 0));
      }),
    );
  });

  it('never give NaN, whatever the text', () => {
    const lines = fc.array(
      fc.oneof(
        fc.string(),
        fc.string().map((rest) => `a_total${rest}`),
        fc.string().map((rest) => `a_total ${rest}`),
      ),
    );
    const property = fc.property(lines, (all) => {
      const text = all.join('\n');
      expect(findMetric(text, 'a_total') ?? 0).not.toBeNaN();
      expect(sumMetric(text, 'a_total')).not.toBeNaN();
    });
    fc.assert(property);
  });

  it('stand with an exponent and a time', () => {
    expect(findMetric('a_total 1.795358315e+09 1795358315280', 'a_total')).toBe(1795358315);
    expect(findMetric('a_total{x="}"} 3', 'a_total')).toBe(3);
    expect(findMetric('a_total NaN', 'a_total')).toBeUndefined();
  });
});

function answersOf({ met, rows }: Table): readonly Answers[] {
  const readable = rows.filter(({ when }) => typeof when !== 'function' || whyNothingRecorded === undefined);
  return readable.map(({ when }) => ({ ...met, ...(typeof when === 'function' ? when() : when) }));
}

function judgeReadable({ check }: Table, answers: Answers): Verdict | undefined {
  try {
    return judge(check, answers, NOW);
  } catch (error) {
    if (error instanceof Unreadable) return undefined;
    throw error;
  }
}

function expectShowable(verdict: Verdict): void {
  const texts = [verdict.saw, ...(verdict.state === 'met' ? [] : [...verdict.cause, verdict.remedy])];
  for (const text of texts) {
    expect(text).not.toMatch(/NaN|undefined|Infinity|\[object|Invalid Date/);
    expect(text.trim()).not.toBe('');
  }
}
