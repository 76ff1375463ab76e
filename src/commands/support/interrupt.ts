let signal = new AbortController().signal;

/** The launcher's signal, which aborts on the first Ctrl-C or SIGTERM. Set once, before any command runs. */
export function interruptBy(launcherSignal: AbortSignal): void {
  signal = launcherSignal;
}

/** Aborts on the first Ctrl-C: every command that waits or writes passes it on. */
export function interruptSignal(): AbortSignal {
  return signal;
}
