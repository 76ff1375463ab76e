import { type Check, check } from '#model/check.ts';
import type { Airflow, Prometheus } from '#model/environment.ts';
import { failed, met, pending } from '#model/verdict.ts';
import { Claim, PersistentVolume, Pod } from './objects.ts';
import { readQuery, samplesOf } from './prometheus.ts';
import { formatBytes, parseQuantity } from './quantity.ts';
import { readList, readObject } from './reads.ts';

/** Used bytes, not the claim's size: "100Gi" says what was asked for. Without a history only the size can be told, and it says so. */
export const claimIsLarge = (airflow: Airflow, prometheus: Prometheus | null, threshold: string): Check =>
  check({
    id: 'airflow.claim-use',
    title: `Airflow's log claim uses more than ${threshold}`,
    holds: 'on-entry',
    reads: { claim: readClaim(airflow), ...readUse(airflow, prometheus) },
    judge: ({ claim, used }) => {
      if (claim === undefined) return pending(`claim ${nameOf(airflow)} is not there (any more)`, [], 'nothing to do');
      const use = bytesUsed(used);
      const bytes = use ?? sizeOf(claim);
      const limit = parseQuantity(threshold);
      const saw = `${describeUse(claim, use)}: ${distance(bytes, limit)} the threshold of ${threshold}`;
      return bytes > limit ? met(saw) : pending(saw, [`the threshold is ${threshold}`], 'nothing to do');
    },
  });

/** What it was before anything changed: whoever asks later finds it in the evidence. */
export const claimIsRecorded = (airflow: Airflow, prometheus: Prometheus | null): Check =>
  check({
    id: 'airflow.claim-recorded',
    title: `Use and size of claim ${nameOf(airflow)} are recorded`,
    holds: 'once',
    reads: { claim: readClaim(airflow), ...readUse(airflow, prometheus) },
    judge: ({ claim, used }) =>
      claim === undefined
        ? met(`there is no claim ${nameOf(airflow)} (any more)`)
        : met(`${describeUse(claim, bytesUsed(used))}, volume ${claim.spec.volumeName ?? 'not bound'}`),
  });

/** With any other policy the volume's data goes with its claim. */
export const volumeIsRetained = (airflow: Airflow): Check =>
  check({
    id: 'airflow.volume-retained',
    title: `The volume of claim ${nameOf(airflow)} outlives it`,
    holds: 'once',
    reads: {
      claim: readClaim(airflow),
      volumes: readList({ group: '', version: 'v1', resource: 'persistentvolumes' }, PersistentVolume),
    },
    judge: ({ claim, volumes = [] }) => {
      if (claim === undefined) return met('the claim is gone: nothing can go with it any more');
      const name = claim.spec.volumeName;
      const volume = volumes.find(({ metadata }) => metadata.name === name);
      if (name === undefined || volume === undefined)
        return pending(
          `the volume of claim ${nameOf(airflow)} can't be found`,
          [name === undefined ? 'the claim is not bound' : `there is no PersistentVolume ${name}`],
          `kubectl describe pvc -n ${airflow.namespace} ${airflow.claim}`,
        );
      const policy = volume.spec.persistentVolumeReclaimPolicy;
      return policy === 'Retain'
        ? met(`PersistentVolume ${name}: Retain`)
        : failed(
            `PersistentVolume ${name} has the reclaim policy ${policy}`,
            [`its data would be deleted together with claim ${nameOf(airflow)}, and with it the last way back`],
            `kubectl patch pv ${name} -p '{"spec":{"persistentVolumeReclaimPolicy":"Retain"}}', then resume`,
          );
    },
  });

export const nothingMounts = (airflow: Airflow): Check =>
  check({
    id: 'airflow.claim-unmounted',
    title: `No pod mounts claim ${nameOf(airflow)}`,
    holds: 'once',
    reads: { pods: readList(podsOf(airflow), Pod) },
    judge: ({ pods = [] }) => {
      const mounting = mountedBy(pods, airflow.claim);
      return mounting.length === 0
        ? met('none')
        : pending(
            `${mounting.join(', ')} ${mounting.length === 1 ? 'mounts' : 'mount'} it`,
            mounting.map((name) => `Pod ${airflow.namespace}/${name} has claim ${airflow.claim} among its volumes`),
            `they have to be replaced or to end: kubectl describe pod -n ${airflow.namespace} ${mounting.join(' ')}`,
          );
    },
  });

/** Without it there is nothing that Airflow could go back to. */
export const claimIsKept = (airflow: Airflow): Check =>
  check({
    id: 'airflow.claim-kept',
    title: `Airflow's claim ${nameOf(airflow)} is still there`,
    holds: 'on-entry',
    reads: { claim: readClaim(airflow) },
    judge: ({ claim }) => {
      if (claim !== undefined && claim.metadata.deletionTimestamp === undefined) return met('it is there');
      return failed(
        `claim ${nameOf(airflow)} is ${claim === undefined ? 'not there any more' : 'being deleted'}`,
        ['its removal was the last step of the migration: Airflow has nothing to write to but its bucket'],
        `make a claim ${airflow.claim} in ${airflow.namespace} from its PersistentVolume, which was kept (kubectl get pv), or leave this phase as it is`,
      );
    },
  });

export const claimIsGone = (airflow: Airflow): Check =>
  check({
    id: 'airflow.claim-gone',
    title: `No log claim of Airflow is left in ${airflow.namespace}`,
    holds: 'always',
    reads: {
      claims: readList({ group: '', version: 'v1', resource: 'persistentvolumeclaims', namespace: airflow.namespace }, Claim),
      pods: readList(podsOf(airflow), Pod),
    },
    judge: ({ claims = [], pods = [] }) => {
      const left = claims.filter(({ metadata }) => isLogClaim(airflow, metadata.name));
      const other = left.find(({ metadata }) => metadata.name !== airflow.claim && metadata.deletionTimestamp === undefined);
      if (other !== undefined) return broughtBack(airflow, other, mountedBy(pods, other.metadata.name));
      const [own] = left;
      if (own === undefined) return met('none');
      const name = own.metadata.name;
      return own.metadata.deletionTimestamp === undefined
        ? pending(
            `claim ${airflow.namespace}/${name} is left`,
            [`it is removed as the last step of the migration, after its archive, an approval and ${nameOf(airflow)}'s soak`],
            `kubectl get pvc -n ${airflow.namespace} ${name}`,
          )
        : pending(
            `claim ${airflow.namespace}/${name} is being deleted`,
            ['it is kept until no pod mounts it', ...mountedBy(pods, name).map((pod) => `Pod ${airflow.namespace}/${pod} does`)],
            `kubectl describe pvc -n ${airflow.namespace} ${name}`,
          );
    },
  });

export function readClaim({ namespace, claim }: Airflow) {
  return readObject({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name: claim }, Claim);
}

/** In the official chart a missing triggerer.persistence means a claim of 100Gi (its values.yaml); workers have the like with Celery. */
function broughtBack(airflow: Airflow, { metadata, spec }: Claim, mounting: readonly string[]) {
  const { namespace, file } = airflow;
  const { name } = metadata;
  const component = /worker/.test(name) ? 'workers' : /triggerer/.test(name) ? 'triggerer' : 'logs';
  const saw = `claim ${namespace}/${name} of ${spec.resources.requests.storage ?? 'unknown size'} is left`;
  return mounting.length > 0
    ? failed(
        saw,
        [
          `Pod ${namespace}/${mounting[0]} mounts it`,
          `${component}.persistence.enabled is not false in the values: the chart's default brings a claim of 100Gi back`,
        ],
        `set ${component}.persistence.enabled: false in ${file}, commit, and once no pod mounts it: kubectl delete pvc -n ${namespace} ${name}`,
      )
    : failed(
        saw,
        [`no pod mounts it: Helm leaves the claims of a StatefulSet behind, here of ${component}.persistence, whose default is 100Gi`],
        `see that nothing on it is wanted, then: kubectl delete pvc -n ${namespace} ${name}`,
      );
}

function isLogClaim({ claim, release }: Airflow, name: string): boolean {
  return name === claim || name === `${release}-logs` || name.startsWith('logs-');
}

/** Names of the pods that have it among their volumes; one that has ended lets go of it. */
function mountedBy(pods: readonly Pod[], claim: string): readonly string[] {
  return pods
    .filter(({ status }) => status.phase !== 'Succeeded' && status.phase !== 'Failed')
    .filter(({ spec }) => spec.volumes.some(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName === claim))
    .map(({ metadata }) => metadata.name);
}

function readUse({ namespace, claim }: Airflow, prometheus: Prometheus | null): { used?: ReturnType<typeof readQuery> } {
  const labels = `namespace="${namespace}",persistentvolumeclaim="${claim}"`;
  return prometheus === null ? {} : { used: readQuery(prometheus, `kubelet_volume_stats_used_bytes{${labels}}`) };
}

function bytesUsed(used: Parameters<typeof samplesOf>[0] | undefined): number | undefined {
  return used === undefined ? undefined : samplesOf(used)?.[0]?.value;
}

function sizeOf({ spec }: Claim): number {
  return parseQuantity(spec.resources.requests.storage ?? '0');
}

function describeUse(claim: Claim, use: number | undefined): string {
  const size = claim.spec.resources.requests.storage ?? '0';
  return use === undefined ? `${size}, the claim's size: nobody has a history of its use` : `${formatBytes(use)} used of ${size}`;
}

function distance(bytes: number, limit: number): string {
  return `${formatBytes(Math.abs(bytes - limit))} ${bytes > limit ? 'above' : 'below'}`;
}

function nameOf({ namespace, claim }: Airflow): string {
  return `${namespace}/${claim}`;
}

function podsOf({ namespace }: Airflow) {
  return { group: '', version: 'v1', resource: 'pods', namespace };
}
