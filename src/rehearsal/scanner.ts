/** What reads a text from left to right, pattern by pattern. */
export interface Scanner {
  /** The match at the present position, behind which it goes on; undefined when the pattern does not match there. Skips white space. */
  take(pattern: RegExp): RegExpExecArray | undefined;
  /** Characters read so far, white space behind them included. */
  position(): number;
  done(): boolean;
}

export function createScanner(text: string): Scanner {
  let at = 0;
  const skip = () => {
    while (/\s/.test(text[at] ?? '')) at += 1;
    return at;
  };
  return {
    take(pattern) {
      const sticky = new RegExp(pattern.source, 'y');
      sticky.lastIndex = skip();
      const found = sticky.exec(text) ?? undefined;
      if (found !== undefined) at = sticky.lastIndex;
      return found;
    },
    position: skip,
    done: () => skip() === text.length,
  };
}
