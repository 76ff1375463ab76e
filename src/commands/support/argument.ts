import * as Args from '@oclif/core/args';

/** A text that the command line names. oclif would take what is missing from stdin, where it may be meant for somebody else. */
export const argument = Args.custom<string>({ ignoreStdin: true });
