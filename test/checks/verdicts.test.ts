import { describe, it } from 'vitest';
import { expectRow } from './judging.ts';
import { whyNothingRecorded } from './support.ts';
import tables from './tables/index.ts';

describe.each(tables)('$id', (table) => {
  for (const row of table.rows) {
    const why = typeof row.when === 'function' ? whyNothingRecorded : undefined;
    it.skipIf(why)(`${row.gives}: ${row.it}${why === undefined ? '' : ` (skipped: ${why})`}`, () => expectRow(table, row));
  }
});
