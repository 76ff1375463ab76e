import { oneLine, painter } from './text.ts';

/** As the goals' own: a setting, its value, and why. */
interface Setting {
  readonly pointer: string;
  readonly value: unknown;
  readonly guessed: boolean;
  readonly from: string;
  readonly remedy?: string;
}

/**
 * What was written and why; what a person should look at comes last, where it is seen.
 * @param file as the user would name it
 */
export function draftText(file: string, settings: readonly Setting[], colours: boolean): string {
  const paint = painter(colours);
  const line = ({ pointer, value, from }: Setting) => `  ${pointer} ${paint.bold(oneLine(JSON.stringify(value)))}: ${oneLine(from)}`;
  const [seen, guesses] = [settings.filter(({ guessed }) => !guessed), settings.filter(({ guessed }) => guessed)];
  const remedies = [...new Set(settings.flatMap(({ remedy }) => (remedy === undefined ? [] : [remedy])))];
  return [
    'Found:',
    ...seen.map(line),
    'Guessed, so please look at it:',
    ...(guesses.length === 0 ? ['  nothing'] : guesses.map(line)),
    ...(remedies.length === 0 ? [] : ['To do before it can be run:', ...remedies.map((remedy) => `  ${oneLine(remedy)}`)]),
    `Written: ${file}. What a run of it would do: anton-logging plan${file === 'goals/goals.json' ? '' : ` --goals ${file}`}`,
  ].join('\n');
}
