type Environment = Readonly<Record<string, string | undefined>>;

/** Whether to print colours into a stream: `--no-color` and NO_COLOR win, then FORCE_COLOR, then whether it is a terminal. */
export function wantsColour(stream: { readonly isTTY?: boolean }, noColour: boolean, environment: Environment): boolean {
  if (noColour || isSet(environment.NO_COLOR)) return false;
  const force = environment.FORCE_COLOR;
  if (force !== undefined) return force !== '0' && force !== 'false';
  return isTerminal(stream, environment);
}

/** Whether a stream can move its cursor: spinners and redrawn lines only there. */
export function isTerminal(stream: { readonly isTTY?: boolean; readonly columns?: number }, environment: Environment): boolean {
  return stream.isTTY === true && stream.columns !== 0 && environment.TERM !== 'dumb' && !isSet(environment.CI);
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '';
}
