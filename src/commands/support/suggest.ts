import { distance } from 'fastest-levenshtein';

/** The known word that was meant, as far as one can tell; undefined: it is none of them with a slip or two in it. */
export function suggest(word: string, known: readonly string[]): string | undefined {
  const ranked = known.map((each) => ({ each, slips: distance(word, each) })).toSorted((a, b) => a.slips - b.slips);
  const [best] = ranked;
  return best !== undefined && best.slips <= Math.max(1, word.length / 3) ? best.each : undefined;
}
