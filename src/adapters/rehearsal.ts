import { UserError } from '#model/errors.ts';
import type { Approvals, Attestation, Clock } from '#model/ports.ts';
import { sleep } from './clock.ts';
import type { Kubernetes } from './kubernetes/connect.ts';
import { writeFailure } from './kubernetes/failures.ts';
import { pathOfObject } from './kubernetes/paths.ts';
import { readObject } from './kubernetes/read.ts';

const NAMESPACE = 'rehearsal';

/**
 * Refuses to work with rehearsal's clock and approvals on any cluster but the rehearsal itself.
 * @throws UserError
 */
export function assertRehearsal(kubernetes: Kubernetes, url: string): void {
  if (URL.canParse(url) && new URL(url).origin === kubernetes.server.origin) return;
  throw new UserError(
    `ANTON_LOGGING_REHEARSAL is ${url}, but context "${kubernetes.contextName}" leads to ${kubernetes.server.origin}: that is no rehearsal`,
    'unset ANTON_LOGGING_REHEARSAL, or use the kubeconfig that "rehearse --serve" printed',
  );
}

/** Real time plus the offset that the embedded cluster keeps, so that it outlives this process. */
export async function rehearsalClock(kubernetes: Kubernetes): Promise<Clock> {
  const stored = (await readData(kubernetes, 'clock')).offsetMilliseconds;
  let offset = Number(stored ?? 0);
  return {
    now: () => new Date(Date.now() + offset),
    sleep,
    async advanceTo(time) {
      const next = Math.max(offset, time.getTime() - Date.now());
      await writeData(kubernetes, 'clock', 'offsetMilliseconds', String(next));
      offset = next;
    },
  };
}

/** Gives every approval that is asked for, and says that it was the rehearsal. */
export function rehearsalApprovals(kubernetes: Kubernetes, clock: Clock): Approvals {
  return {
    async find(objective, of) {
      const key = `${objective}.${slugOf(of)}`;
      const given = (await readData(kubernetes, 'approvals'))[key];
      if (given !== undefined) return JSON.parse(given) as Attestation;
      const attestation = { by: 'rehearsal', note: 'given by the rehearsal', at: clock.now().toISOString() };
      await writeData(kubernetes, 'approvals', key, JSON.stringify(attestation));
      return attestation;
    },
  };
}

async function readData(kubernetes: Kubernetes, name: string): Promise<Readonly<Record<string, string>>> {
  const { object } = await readObject(kubernetes, refOf(name));
  return (object?.data ?? {}) as Record<string, string>;
}

async function writeData(kubernetes: Kubernetes, name: string, key: string, value: string): Promise<void> {
  const manifest = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: NAMESPACE }, data: { [key]: value } };
  const path = pathOfObject(refOf(name));
  const patch = { body: { data: manifest.data }, contentType: 'application/merge-patch+json' };
  let reply = await kubernetes.request('PATCH', path, patch);
  if (reply.status === 404) reply = await kubernetes.request('POST', path.slice(0, path.lastIndexOf('/')), { body: manifest });
  if (reply.status >= 300) throw writeFailure(reply, `writing ConfigMap ${NAMESPACE}/${name}`);
}

function refOf(name: string): { apiVersion: string; kind: string; namespace: string; name: string } {
  return { apiVersion: 'v1', kind: 'ConfigMap', namespace: NAMESPACE, name };
}

/** What a ConfigMap's key may hold. */
function slugOf(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 200);
}
