import { describe, expect, it } from 'vitest';
import { refuseNode } from '../../bin/node-version.js';

const ENGINES = '^22.22.2 || ^24.15.0 || >=26';

describe('the Node guard', () => {
  it.each(['v22.22.2', 'v22.30.0', 'v24.15.0', 'v24.21.0', 'v26.0.0', 'v27.1.0', 'v26.0.0-nightly'])('takes %s', (version) => {
    expect(refuseNode(version, ENGINES)).toBeUndefined();
  });

  it.each(['v12.22.0', 'v20.20.2', 'v22.22.1', 'v23.9.0', 'v24.14.9', 'v25.2.0'])('refuses %s', (version) => {
    expect(refuseNode(version, ENGINES)).toContain(`this is Node ${version.slice(1)}.`);
  });

  it('says what to do', () => {
    expect(refuseNode('v20.20.2', ENGINES)).toMatchSnapshot();
  });
});
