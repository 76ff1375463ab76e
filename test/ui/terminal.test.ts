import { describe, expect, it } from 'vitest';
import { isTerminal, wantsColour } from '#commands/support/terminal.ts';

const terminal = { isTTY: true, columns: 80 };
const pipe = {};

describe('colours', () => {
  it.each([
    ['a terminal', terminal, false, {}, true],
    ['a pipe', pipe, false, {}, false],
    ['--no-color', terminal, true, { FORCE_COLOR: '1' }, false],
    ['NO_COLOR', terminal, false, { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
    ['an empty NO_COLOR', terminal, false, { NO_COLOR: '' }, true],
    ['FORCE_COLOR into a pipe', pipe, false, { FORCE_COLOR: '1' }, true],
    ['FORCE_COLOR=0', terminal, false, { FORCE_COLOR: '0' }, false],
  ])('%s', (_, stream, flag, environment, expected) => {
    expect(wantsColour(stream, flag, environment)).toBe(expected);
  });
});

describe('a cursor that can move', () => {
  it.each([
    ['a terminal', terminal, {}, true],
    ['a pipe', pipe, {}, false],
    ['a dumb terminal', terminal, { TERM: 'dumb' }, false],
    ['a build server', terminal, { CI: 'true' }, false],
    ['a terminal without columns', { isTTY: true, columns: 0 }, {}, false],
  ])('%s', (_, stream, environment, expected) => {
    expect(isTerminal(stream, environment)).toBe(expected);
  });
});
