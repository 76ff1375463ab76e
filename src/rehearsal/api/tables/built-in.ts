import type { Manifest } from '#model/kubernetes.ts';
import { specOf, statusOf, type Tree } from '../../tree.ts';
import { AGE, type Column, formatAge, formatLabels, NAME, text, wide } from './column.ts';
import { WORKLOADS } from './workloads.ts';

const MODES: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};
const ROLE = 'node-role.kubernetes.io/';

/** By resource; as in pkg/printers/internalversion of Kubernetes. */
export const BUILT_IN: Readonly<Record<string, readonly Column[]>> = {
  ...WORKLOADS,
  services: [
    NAME,
    text('Type', (service) => specOf(service).type ?? 'ClusterIP'),
    text('Cluster-IP', (service) => specOf(service).clusterIP ?? '<none>'),
    text('External-IP', (service) => specOf(service).externalIPs?.join(',') ?? '<none>'),
    text('Port(s)', (service) => specOf(service).ports?.map(formatPort).join(',') || '<none>'),
    AGE,
    wide(text('Selector', (service) => formatLabels(specOf(service).selector))),
  ],
  nodes: [
    NAME,
    text('Status', stateOf),
    text(
      'Roles',
      ({ metadata }) =>
        Object.keys(metadata.labels ?? {})
          .flatMap(roleIn)
          .sort()
          .join(',') || '<none>',
    ),
    AGE,
    text('Version', (node) => infoOf(node).kubeletVersion ?? ''),
    wide(text('Internal-IP', (node) => addressOf(node, 'InternalIP'))),
    wide(text('External-IP', (node) => addressOf(node, 'ExternalIP'))),
    wide(text('OS-Image', (node) => infoOf(node).osImage ?? '<unknown>')),
    wide(text('Kernel-Version', (node) => infoOf(node).kernelVersion ?? '<unknown>')),
    wide(text('Container-Runtime', (node) => infoOf(node).containerRuntimeVersion ?? '<unknown>')),
  ],
  namespaces: [NAME, text('Status', (namespace) => statusOf(namespace).phase ?? ''), AGE],
  events: [
    text('Last Seen', ({ lastTimestamp }, now) => formatAge(lastTimestamp, now)),
    text('Type', ({ type }: Tree) => type ?? ''),
    text('Reason', ({ reason }: Tree) => reason ?? ''),
    text('Object', ({ involvedObject: { kind = '', name } }: Tree) => `${kind.toLowerCase()}/${name}`),
    wide(text('Subobject', ({ involvedObject }: Tree) => involvedObject.fieldPath ?? '')),
    wide(text('Source', ({ source }: Tree) => source?.component ?? '')),
    text('Message', ({ message }: Tree) => message?.trim() ?? ''),
    wide(text('First Seen', ({ firstTimestamp }, now) => formatAge(firstTimestamp, now))),
    wide(text('Count', ({ count }: Tree) => count ?? 1)),
    wide(NAME),
  ],
  configmaps: [NAME, text('Data', ({ data, binaryData }) => sizeOf(data) + sizeOf(binaryData)), AGE],
  secrets: [NAME, text('Type', ({ type }: Tree) => type ?? 'Opaque'), text('Data', ({ data }) => sizeOf(data)), AGE],
  persistentvolumeclaims: [
    NAME,
    text('Status', (claim) => statusOf(claim).phase ?? 'Pending'),
    text('Volume', (claim) => specOf(claim).volumeName ?? ''),
    text('Capacity', (claim) => statusOf(claim).capacity?.storage ?? ''),
    text('Access Modes', (claim) => formatModes(statusOf(claim).accessModes ?? [])),
    text('StorageClass', (claim) => specOf(claim).storageClassName ?? ''),
    text('VolumeAttributesClass', (claim) => specOf(claim).volumeAttributesClassName ?? '<unset>'),
    AGE,
    wide(text('VolumeMode', (claim) => specOf(claim).volumeMode ?? 'Filesystem')),
  ],
  serviceaccounts: [NAME, AGE],
  leases: [NAME, text('Holder', (lease) => specOf(lease).holderIdentity ?? ''), AGE],
  storageclasses: [
    { ...NAME, cell: ({ metadata }) => `${metadata.name}${isDefault(metadata) ? ' (default)' : ''}` },
    text('Provisioner', ({ provisioner }: Tree) => provisioner),
    text('ReclaimPolicy', ({ reclaimPolicy = 'Delete' }: Tree) => reclaimPolicy),
    text('VolumeBindingMode', ({ volumeBindingMode = 'Immediate' }: Tree) => volumeBindingMode),
    text('AllowVolumeExpansion', ({ allowVolumeExpansion = false }: Tree) => allowVolumeExpansion),
    AGE,
  ],
};

function formatPort({ port, nodePort, protocol = 'TCP' }: Tree): string {
  return `${port}${nodePort === undefined ? '' : `:${nodePort}`}/${protocol}`;
}

function stateOf(node: Manifest): string {
  const ready: Tree = statusOf(node).conditions?.find(({ type }: Tree) => type === 'Ready');
  const state = ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady';
  return specOf(node).unschedulable ? `${state},SchedulingDisabled` : state;
}

function roleIn(label: string): readonly string[] {
  return label.startsWith(ROLE) ? [label.slice(ROLE.length)] : [];
}

function infoOf(node: Manifest): Tree {
  return statusOf(node).nodeInfo ?? {};
}

function addressOf(node: Manifest, wanted: string): string {
  return statusOf(node).addresses?.find(({ type }: Tree) => type === wanted)?.address ?? '<none>';
}

function formatModes(modes: readonly string[]): string {
  const known = Object.entries(MODES).filter(([mode]) => modes.includes(mode));
  return known.map(([, short]) => short).join(',');
}

function isDefault({ annotations }: Manifest['metadata']): boolean {
  return annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true';
}

function sizeOf(data: unknown): number {
  return Object.keys(data ?? {}).length;
}
