import fc from 'fast-check';
import { expect, it } from 'vitest';
import { drawTable } from '#ui/table.ts';

const plain = (text: string): string => text;

it('wraps at words, breaks long ones, and pads before it paints', () => {
  const paint = (text: string): string => `<${text}>`;
  const drawn = drawTable(
    ['Name', 'State'],
    [10, 6],
    [
      ['a name of several words', { text: 'met', paint }],
      ['pneumonoultramicroscopic', 'x'],
    ],
    plain,
  );
  expect(drawn).toBe(
    ['  Name       State', '  a name of  <met>', '  several', '  words', '  pneumonoul x', '  tramicrosc', '  opic', ''].join('\n'),
  );
});

it('loses no text and is never wider than its columns', () => {
  const cell = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '-') });
  fc.assert(
    fc.property(fc.array(fc.tuple(cell, cell)), (rows) => {
      const drawn = drawTable(['A', 'B'], [7, 5], rows, plain);
      expect(Math.max(...drawn.split('\n').map((line) => line.length))).toBeLessThanOrEqual(2 + 7 + 1 + 5);
      const letters = (text: string): number => text.replaceAll(/\s/g, '').length;
      expect(letters(drawn)).toBe(letters(`AB${rows.flat().join('')}`));
    }),
  );
});
