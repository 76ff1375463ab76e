import type { Examination, ExaminedThing } from '#model/examination.ts';
import { oneLine, painter, stateColour } from './text.ts';

const PARTS: Readonly<Record<ExaminedThing['part'], string>> = {
  tools: 'Tools',
  goals: 'Goals',
  cluster: 'Cluster',
  repository: 'Repository',
  installed: 'What is installed',
  permissions: 'Permissions of what is left',
};

/** Part by part; what is not met with its causes and what to do about it. */
export function examinationText({ findings, skipped }: Examination, colours: boolean): string {
  const paint = painter(colours);
  const sections = Object.entries(PARTS).flatMap(([part, name]) => {
    const own = findings.filter((finding) => finding.part === part);
    return own.length === 0 ? [] : [paint.bold(name), ...own.flatMap((finding) => linesOf(finding, paint)), ''];
  });
  const parts = skipped.map(({ title, reason }) => `  skipped ${oneLine(title)} (${oneLine(reason)})`);
  const absent = parts.length === 0 ? [] : [paint.bold('Not applicable here'), ...parts, ''];
  return [...sections, ...absent, summarise(findings)].join('\n');
}

function linesOf({ state, title, saw, cause = [], remedy }: ExaminedThing, paint: ReturnType<typeof painter>): readonly string[] {
  return [
    `  ${stateColour(paint, state)(state.padEnd(8))}${oneLine(title)}: ${oneLine(saw)}`,
    ...cause.map((each) => `            ${oneLine(each)}`),
    ...(remedy === undefined ? [] : [`          to fix it: ${oneLine(remedy)}`]),
  ];
}

function summarise(findings: readonly ExaminedThing[]): string {
  const count = (...states: readonly ExaminedThing['state'][]) => findings.filter(({ state }) => states.includes(state)).length;
  const [open, untold] = [count('failed', 'pending'), count('unknown')];
  const rest = [...(open === 0 ? [] : [`${open} not met`]), ...(untold === 0 ? [] : [`${untold} could not be told`])];
  return [`${count('met')} of ${findings.length} are well`, ...rest].join(', ');
}
