import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Unreadable } from '#model/errors.ts';
import type { Measured, Measurement } from '#model/initiative.ts';
import { expectMeasured, measure } from './judging.ts';
import { type Answers, http } from './support.ts';
import tables from './tables/measurements.ts';

describe.each(tables)('$id', (table) => {
  const { measurement, met, rows } = table;
  it.each(rows)('$gives: $it', (row) => expectMeasured(table, row));

  it('comes to something or is unreadable, whatever a service answers', () => {
    const status = fc.constantFrom(200, 204, 400, 401, 404, 500, 503);
    const body = fc.constantFrom('', '{}', '[]', 'x', '{"data":{"result":[]}}', '{"data":{"result":[{"metric":{},"value":[0,"1e300"]}]}}');
    const names = Object.keys(met).filter((name) => met[name]?.of === 'http');
    if (names.length === 0) return;
    fc.assert(
      fc.property(fc.constantFrom(...names), status, body, (name, code, text) => {
        const measured = measureReadable(measurement, { ...met, [name]: http(code, text) });
        for (const words of Object.values(measured)) expect(String(words)).not.toMatch(/NaN|undefined|Infinity|\[object|Invalid Date/);
      }),
    );
  });
});

function measureReadable(measurement: Measurement, answers: Answers): Partial<Measured> {
  try {
    return measure(measurement, answers);
  } catch (error) {
    if (error instanceof Unreadable) return {};
    throw error;
  }
}
