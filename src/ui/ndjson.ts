import type { Progress } from './progress.ts';

/** One event a line, as JSON. */
export function ndjsonProgress(write: (text: string) => void): Progress {
  return {
    listener: (event) => write(`${JSON.stringify(event)}\n`),
    close: async () => {},
  };
}
