import { compareText } from '#model/order.ts';

/** A setting of goals that are drafted, and why it has this value. */
export interface Finding {
  /** JSON pointer into the goals file. */
  readonly pointer: string;
  readonly value: unknown;
  /** Whether a person should look at it: nothing, or not enough, was there to see it by. */
  readonly guessed: boolean;
  /** Where it came from. */
  readonly from: string;
  /** What has to be done before a run can succeed with it. */
  readonly remedy?: string;
}

export function found(pointer: string, value: unknown, from: string, remedy?: string): Finding {
  return { pointer: `/environment${pointer}`, value, guessed: false, from, ...(remedy === undefined ? {} : { remedy }) };
}

export function guessed(pointer: string, value: unknown, from: string, remedy?: string): Finding {
  return { ...found(pointer, value, from, remedy), guessed: true };
}

/** One of several candidates. */
export interface Choice<T> {
  readonly chosen: T;
  /** Names of those that are just as good: then it was taken by its name, which is a guess. */
  readonly equals: readonly string[];
}

/** The candidate of the highest rank; of equally good ones the first by name. */
export function choose<T>(
  candidates: readonly T[],
  nameOf: (candidate: T) => string,
  rankOf: (candidate: T) => number,
): Choice<T> | undefined {
  const sorted = candidates.toSorted((a, b) => rankOf(b) - rankOf(a) || compareText(nameOf(a), nameOf(b)));
  const [chosen, ...others] = sorted;
  if (chosen === undefined) return undefined;
  return { chosen, equals: others.filter((other) => rankOf(other) === rankOf(chosen)).map(nameOf) };
}

/** Found, unless other candidates were just as good: then a guess that names them. */
export function settle(
  { equals }: Pick<Choice<unknown>, 'equals'>,
  pointer: string,
  value: unknown,
  from: string,
  remedy?: string,
): Finding {
  if (equals.length === 0) return found(pointer, value, from, remedy);
  return guessed(
    pointer,
    value,
    `${from}; ${equals.join(', ')} ${equals.length === 1 ? 'is' : 'are'} just as good: the first by name is taken`,
    remedy,
  );
}

/** "monitoring/grafana": how sources are named. */
export function pathOf({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return namespace === '' ? name : `${namespace}/${name}`;
}

/** The same as goals name it: what is in Flux's own namespace needs none. */
export function nameFrom(flux: string, object: { readonly namespace: string; readonly name: string }): string {
  return object.namespace === flux ? object.name : pathOf(object);
}

/** What namespaces and directories for logging are often called. */
export const USUAL_NAMES = ['monitoring', 'observability', 'logging'];
