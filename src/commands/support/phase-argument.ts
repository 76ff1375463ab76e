import { argument } from './argument.ts';

/** The phase, as `2` or `phase-2`. */
export const phaseArgument = argument({ required: true, description: 'the phase: 2 or phase-2' });
