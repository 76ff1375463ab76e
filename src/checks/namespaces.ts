import { type Check, check } from '#model/check.ts';
import { failed, met } from '#model/verdict.ts';
import { AnyObject } from './objects.ts';
import { readList, readObject } from './reads.ts';

/** Nothing of ours makes a namespace: what is in it, and how it is guarded, is its owner's. */
export const namespacesExist = (names: readonly string[]): Check =>
  check({
    id: 'cluster.namespaces-exist',
    title: `Namespaces are there: ${names.join(', ')}`,
    holds: 'always',
    reads: { namespaces: readList({ group: '', version: 'v1', resource: 'namespaces' }, AnyObject) },
    judge: ({ namespaces = [] }) => {
      const usable = namespaces.filter(({ metadata }) => metadata.deletionTimestamp === undefined).map(({ metadata }) => metadata.name);
      const absent = names.filter((name) => !usable.includes(name));
      if (absent.length === 0) return met(`${names.length} of ${namespaces.length}`);
      const going = absent.filter((name) => namespaces.some(({ metadata }) => metadata.name === name));
      if (going.length > 0)
        return failed(
          `being deleted: ${going.join(', ')}`,
          ['nothing can be created in a namespace that is Terminating, and what is in it goes'],
          `see what holds it up: kubectl get namespace ${going[0]} -o jsonpath='{.status.conditions[*].message}'; once it is gone, create it anew through Git, or name another in environment.loki.namespace and environment.alloy.namespace`,
        );
      return failed(
        `not there: ${absent.join(', ')}`,
        [`Flux applies nothing into a namespace that is not there: namespaces "${absent[0]}" not found`],
        `create it through Git (kubectl create namespace ${absent[0]} --dry-run=client -o yaml), or name another in environment.loki.namespace and environment.alloy.namespace`,
      );
    },
  });

/** Alloy mounts /var/log of the node: baseline and restricted refuse such pods at creation. */
export const hostPathIsAdmitted = (namespace: string): Check =>
  check({
    id: 'cluster.host-path-admitted',
    title: `Namespace ${namespace} admits pods that mount a host path`,
    holds: 'always',
    reads: { found: readObject({ apiVersion: 'v1', kind: 'Namespace', name: namespace }, AnyObject) },
    judge: ({ found }) => {
      const label = 'pod-security.kubernetes.io/enforce';
      if (found === undefined)
        return failed(
          `there is no namespace ${namespace}`,
          ['Alloy is to run there'],
          `create it through Git, with the label ${label}: privileged`,
        );
      const level = found.metadata.labels[label];
      if (level === undefined || level === 'privileged')
        return met(level === undefined ? 'no pod-security level is enforced' : 'privileged');
      return failed(
        `pod security "${level}" is enforced`,
        [`"${level}" refuses hostPath volumes, which Alloy needs to read the node's logs`],
        `label namespace ${namespace} in Git: ${label}: privileged`,
      );
    },
  });
