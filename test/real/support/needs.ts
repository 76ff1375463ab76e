import { beforeEach, inject } from 'vitest';
import type { PartName, RealCluster } from '../cluster.ts';

/** The real cluster; where a part of it can't be had every test of the file is skipped, with the reason. */
export function needReal(): RealCluster | undefined {
  const missing = Object.entries(inject('missingParts') ?? {}) as [PartName, string][];
  beforeEach(({ skip }) => {
    const [first] = missing;
    if (first !== undefined) skip(`${first[0]} can't be had: ${first[1]}`);
  });
  return inject('realCluster');
}
