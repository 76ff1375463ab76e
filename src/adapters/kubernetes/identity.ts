import fs from 'node:fs';
import os from 'node:os';

/**
 * Who holds a Lease: "host/boot-id/pid/start-time". The boot id carries the pid namespace, because in another one the same
 * number is another process. Without Linux's /proc the boot id and start time are empty words that match nobody else's.
 */
export function processIdentity(): string {
  return [os.hostname(), bootId(), process.pid, startTime(process.pid) ?? Math.round(performance.timeOrigin)].join('/');
}

/** Whether the holder is a process of this machine, since its last start, that is there no more. Anybody else counts as alive. */
export function isDeadHere(holder: string): boolean {
  const [host, boot, pid, started] = holder.split('/');
  if (host !== os.hostname() || boot !== bootId() || pid === undefined || boot === 'unknown') return false;
  return startTime(Number(pid)) !== started;
}

function bootId(): string {
  try {
    const boot = fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot}+${fs.readlinkSync('/proc/self/ns/pid').replaceAll(/\D/g, '')}`;
  } catch {
    return 'unknown';
  }
}

/** In clock ticks since the start of the machine; undefined: no such process, or one that has ended and is not yet reaped. */
function startTime(pid: number): string | undefined {
  try {
    // The second field is the command in parentheses and may hold anything, so count from its end.
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
