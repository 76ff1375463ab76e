import { isGate, isProbe, type Validation } from '#model/check.ts';
import type { Phase, PhaseBody } from '#model/phase.ts';
import { oneLine, painter } from './text.ts';

/** What a phase requires, does and has to prove, for a person to read. */
export function phaseText({ number, name }: Phase, { preconditions, objectives }: PhaseBody, colours: boolean): string {
  const paint = painter(colours);
  return [
    paint.bold(`Phase ${number}: ${oneLine(name)}`),
    ...(preconditions.length === 0 ? [] : ['  Begins only if']),
    ...preconditions.map(({ title }) => `    ${oneLine(title)}`),
    ...objectives.flatMap(({ id, name: objective, skipped, deliverables }) => [
      paint.bold(`  ${id} ${oneLine(objective)}${skipped === undefined ? '' : ` (skipped: ${oneLine(skipped)})`}`),
      ...deliverables.flatMap((deliverable) => [
        `    ${oneLine(deliverable.title)}${deliverable.skipped === undefined ? '' : ` (skipped: ${oneLine(deliverable.skipped)})`}`,
        ...deliverable.validations.map((validation) => `      ${paint.dim(describe(validation))}`),
      ]),
    ]),
  ].join('\n');
}

function describe(validation: Validation): string {
  if (!isGate(validation)) return `${isProbe(validation) ? 'probe' : 'check'}: ${oneLine(validation.title)}`;
  return validation.gate === 'approval' ? `approval: ${oneLine(validation.of)}` : `soak of ${validation.for}: ${oneLine(validation.title)}`;
}
