import { beforeEach, inject } from 'vitest';
import type { PartName, RealCluster } from '../cluster.ts';

/** The real cluster; where a part of it can't be had every test of the file is skipped, with the reason. */
export function needReal(): RealCluster | undefined {
  skipWithout(Object.keys(inject('missingParts') ?? {}) as PartName[]);
  return inject('realCluster');
}

/** Skips every test of the file, with the reasons, where one of the parts can't be had. @returns whether it does */
export function skipWithout(parts: readonly PartName[]): boolean {
  const missing = inject('missingParts') ?? {};
  const reasons = parts.flatMap((part) => (missing[part] === undefined ? [] : [`${part}: ${missing[part]}`]));
  const isSkipped = reasons.length > 0;
  beforeEach(({ skip }) => skip(isSkipped, reasons.join('; ')));
  return isSkipped;
}
