import { type Document, lineOf, type Path, pointerOf } from './document.ts';
import type { Statement } from './types.ts';

type Json = Readonly<Record<string, unknown>>;

/** Names, descriptions, deliverables and validations of initiative, phases and objectives. Notes tell what was, not what shall be. */
export function collectStatements(document: Document): readonly Statement[] {
  const value = document.value as Json;
  const phases = (value.phases as readonly Json[]).flatMap((phase, index) => [
    ...textsOf(phase, ['phases', index]),
    ...listOf(phase.objectives).flatMap((objective, inner) => textsOf(objective as Json, ['phases', index, 'objectives', inner])),
  ]);
  return [...textsOf((value.initiative ?? {}) as Json, ['initiative']), ...phases]
    .filter((entry): entry is { text: string; path: Path } => typeof entry.text === 'string')
    .map(({ text, path }) => ({ pointer: pointerOf(path), line: lineOf(document, path), text }));
}

function textsOf(holder: Json, path: Path): readonly { text: unknown; path: Path }[] {
  return [
    ...['name', 'description', 'validation'].map((key) => ({ text: holder[key], path: [...path, key] })),
    ...listOf(holder.deliverables).map((text, index) => ({ text, path: [...path, 'deliverables', index] })),
  ];
}

function listOf(value: unknown): readonly unknown[] {
  return (value ?? []) as readonly unknown[];
}
