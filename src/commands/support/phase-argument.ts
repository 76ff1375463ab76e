import * as Args from '@oclif/core/args';

/** The phase, as `2` or `phase-2`. */
export const phaseArgument = Args.string({ required: true, description: 'the phase: 2 or phase-2' });
