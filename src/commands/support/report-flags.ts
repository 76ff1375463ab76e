import * as Flags from '@oclif/core/flags';

/** `--exit-code`, of the commands that report. */
export const exitCodeFlag = Flags.boolean({
  default: false,
  description: 'exit with what the report says, not only with whether it could be made',
});
