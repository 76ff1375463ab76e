interface Explanation {
  readonly what: RegExp;
  /** Why nobody notices, and whether that is a gap. */
  readonly why: string;
}

/** Mutations that no check notices. */
export const EXPLANATIONS: readonly Explanation[] = [];
