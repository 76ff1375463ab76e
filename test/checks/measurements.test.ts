import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Unreadable } from '#model/errors.ts';
import type { Measured, Measurement } from '#model/initiative.ts';
import { type Answers, http, judge } from './support.ts';
import tables from './tables/measurements.ts';

describe.each(tables)('$id', ({ measurement, met, rows }) => {
  it.each(rows)('$gives: $it', ({ gives, when, says }) => {
    const measured = measure(measurement, { ...met, ...when });
    const told = Object.values(measured).join('\n');
    expect('untold' in measured ? 'untold' : measured.reached ? 'reached' : 'missed', told).toBe(gives);
    for (const words of says) expect(told).toContain(words);
  });

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

/** As the engine does it, which reads for a judge in the same way. */
function measure({ measure: take, ...reads }: Measurement, answers: Answers): Measured {
  return judge({ ...reads, judge: take as never }, answers) as unknown as Measured;
}

function measureReadable(measurement: Measurement, answers: Answers): Partial<Measured> {
  try {
    return measure(measurement, answers);
  } catch (error) {
    if (error instanceof Unreadable) return {};
    throw error;
  }
}
