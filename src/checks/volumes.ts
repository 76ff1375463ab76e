import { type Check, check } from '#model/check.ts';
import type { Loki } from '#model/environment.ts';
import { failed, met } from '#model/verdict.ts';
import { Claim, StatefulSet } from './objects.ts';
import { parseQuantity } from './quantity.ts';
import { readList, readObject } from './reads.ts';

/**
 * Kubernetes takes no other volumes for a StatefulSet that is there: with other values every upgrade ends with "Forbidden: updates to
 * statefulset spec" (https://github.com/grafana/loki/issues/23912), of which the release says little before its retries are over.
 */
export const volumesAreUnchanged = (id: string, namespace: string, name: string, { size, storageClass }: Loki['persistence']): Check =>
  check({
    id,
    title: `StatefulSet ${namespace}/${name} has, if it is there, the volumes that the values ask for`,
    holds: 'always',
    reads: { found: readObject({ apiVersion: 'apps/v1', kind: 'StatefulSet', namespace, name }, StatefulSet) },
    judge: ({ found }) => {
      const [template] = found?.spec.volumeClaimTemplates ?? [];
      if (template === undefined) return met('nothing is there that has any');
      const { resources, storageClassName = storageClass } = template.spec;
      const there = resources.requests.storage ?? '0';
      if (parseQuantity(there) === parseQuantity(size) && storageClassName === storageClass) return met(`${there} of ${storageClassName}`);
      return failed(
        `StatefulSet ${namespace}/${name} has volumes of ${there} (${storageClassName}), the values ask for ${size} (${storageClass})`,
        ['Kubernetes refuses to change that: "Forbidden: updates to statefulset spec for fields other than …"'],
        `kubectl delete statefulset -n ${namespace} ${name} --cascade=orphan && flux reconcile helmrelease -n ${namespace} ${name} --reset (pods and volumes stay; a volume is enlarged by kubectl edit pvc), or set environment.loki.persistence back`,
      );
    },
  });

/** A claim that an earlier Loki left is taken as it is, whatever the values ask for: Kubernetes goes by its name. */
export const leftVolumesFit = (id: string, namespace: string, name: string, { size, storageClass }: Loki['persistence']): Check =>
  check({
    id,
    title: `Claim ${namespace}/storage-${name}-0 is, if an earlier Loki left one, as large as the values ask for`,
    holds: 'on-entry',
    reads: { claims: readList({ group: '', version: 'v1', resource: 'persistentvolumeclaims', namespace }, Claim) },
    judge: ({ claims = [] }) => {
      const left = claims.find(({ metadata }) => metadata.name === `storage-${name}-0`);
      if (left === undefined) return met('none is there');
      const { resources, storageClassName = storageClass } = left.spec;
      const there = resources.requests.storage ?? '0';
      const saw = `${there} of ${storageClassName}`;
      if (parseQuantity(there) >= parseQuantity(size) && storageClassName === storageClass) return met(saw);
      const claim = `${namespace}/${left.metadata.name}`;
      return failed(
        `claim ${claim} has ${saw}, the values ask for ${size} of ${storageClass}`,
        ['an earlier Loki left it, and the new one would take it as it is'],
        `set environment.loki.persistence to what is there, enlarge it (kubectl edit pvc -n ${namespace} ${left.metadata.name}), or, when nothing in it is needed, kubectl delete pvc -n ${namespace} ${left.metadata.name}`,
      );
    },
  });
