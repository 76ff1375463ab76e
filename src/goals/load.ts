import { type Document, parseDocument } from './document.ts';
import { normaliseGoals } from './normalise.ts';
import type { Goals } from './types.ts';
import { validateDocument } from './validate.ts';

/**
 * Understands a goals file, in today's form or in one of the others met in real life; those come with warnings.
 * @param file how messages name it
 * @throws UserError (exit 2) with `file:line:column`, what is wrong and what to do; the first error, with the number of others
 */
export function loadGoals(text: string, file: string): Goals {
  return normaliseGoals(loadDocument(text, file));
}

/** Syntax and schema hold; nothing is normalised yet. */
export function loadDocument(text: string, file: string): Document {
  const document = parseDocument(text, file);
  validateDocument(document);
  return document;
}
