import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../cli/run-command.ts';

/** SPDX ids of what may be passed on in a bundle, with its notice. */
const ALLOWED = ['MIT', 'ISC', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'BlueOak-1.0.0', 'Unlicense', 'CC0-1.0', 'PSF-2.0'];

interface Component {
  readonly name: string;
  readonly licenses?: readonly { readonly license?: { readonly id?: string }; readonly expression?: string }[];
}

const read = (file: string) => JSON.parse(readFileSync(join(root, file), 'utf8'));

test('what is bundled may be: the SBOM names a licence of each package, and it is one of those allowed', () => {
  const { bomFormat, metadata, components } = read('sbom.cdx.json');
  expect([bomFormat, metadata.component.name, metadata.component.version]).toEqual([
    'CycloneDX',
    'anton-logging',
    read('package.json').version,
  ]);
  expect(components.map(({ name }: Component) => name)).toEqual(
    expect.arrayContaining(['@kubernetes/client-node', '@oclif/core', 'undici']),
  );
  expect(components.filter((component: Component) => !isAllowed(component))).toEqual([]);
});

test('a licence that is not allowed, or none, is found', () => {
  const of = (licence: object) => isAllowed({ name: 'x', licenses: [licence] });
  expect([of({ license: { id: 'GPL-3.0-only' } }), of({ expression: 'MIT AND GPL-2.0-only' }), of({}), isAllowed({ name: 'x' })]).toEqual(
    Array(4).fill(false),
  );
  expect([of({ license: { id: 'ISC' } }), of({ expression: '(GPL-2.0-only OR MIT)' })]).toEqual([true, true]);
});

test('the lockfile pins every package by the digest of its content', () => {
  const packages: [string, { link?: boolean; integrity?: string }][] = Object.entries(read('package-lock.json').packages);
  const others = packages.filter(([path, { link }]) => path.includes('node_modules/') && !link);
  expect(others.filter(([, { integrity }]) => !integrity?.startsWith('sha512-')).map(([path]) => path)).toEqual([]);
});

/** One side of an OR is enough. */
function isAllowed({ licenses = [] }: Component): boolean {
  const texts = licenses.map(({ license, expression }) => license?.id ?? expression ?? '');
  return (
    texts.length > 0 &&
    texts.every((text) =>
      text
        .replace(/^\(|\)$/g, '')
        .split(' OR ')
        .some((id) => ALLOWED.includes(id)),
    )
  );
}
