import { describe, expect, it } from 'vitest';
import { commandIds, runCommand } from './run-command.ts';

const ids = await commandIds();

describe('help', () => {
  it('lists the commands', async () => {
    const { stdout, exit } = await runCommand(['--help']);
    expect(stdout.replace(/anton-logging\/\S+ \S+ \S+/, 'anton-logging/VERSION')).toMatchSnapshot();
    expect(exit).toBe(0);
  });

  it.each(ids)('of %s says what it does and shows an example', async (id) => {
    const { stdout, exit } = await runCommand([...id.split(':'), '--help']);
    expect(stdout).toMatchSnapshot();
    expect(stdout).toMatch(/EXAMPLES\n(.*\n)*? {2}\$ anton-logging /);
    expect(exit).toBe(0);
  });
});
