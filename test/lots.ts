import { createHash } from 'node:crypto';

/** The same number for the same text: what is chosen by it is chosen in every run. */
export function lotOf(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE();
}
