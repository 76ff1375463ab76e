/** The exit codes of the command line. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  waiting: 3,
  locked: 4,
  notReady: 5,
  regressed: 6,
  unknown: 7,
  bug: 70,
  interrupted: 130,
} as const;
export type Exit = (typeof EXIT)[keyof typeof EXIT];

/** An error that the user can act on: shown without a stack. Anything else that is thrown is a bug. */
export class UserError extends Error {
  override readonly name = 'UserError';
  readonly exit: Exit;
  /** What to do about it. */
  readonly remedy: string;

  constructor(message: string, remedy: string, exit: Exit = EXIT.usage) {
    super(message);
    this.remedy = remedy;
    this.exit = exit;
  }
}

/** An answer came, but not one that the reader understands. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
}

/** No answer that counts: forbidden, timed out, unreachable. */
export class Unobserved extends Error {
  override readonly name = 'Unobserved';
  readonly reason: 'forbidden' | 'unauthorized' | 'timeout' | 'unreachable' | 'overloaded';
  /** What to do about it; what comes after that is the catcher's to say. */
  readonly remedy: string;

  constructor(reason: Unobserved['reason'], message: string, remedy = REMEDIES[reason]) {
    super(message);
    this.reason = reason;
    this.remedy = remedy;
  }
}

const REMEDIES: Readonly<Record<Unobserved['reason'], string>> = {
  forbidden: 'grant the permission that the message names (anton-logging doctor --role prints all that are needed)',
  unauthorized: 'log in again or renew the credentials; where a Secret holds them, see that it exists',
  timeout: 'find out why it does not answer in time',
  unreachable: 'see that the address is right and the server is up',
  overloaded: 'wait until the server is well',
};

/** The Lease was lost: no write may begin any more. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}
