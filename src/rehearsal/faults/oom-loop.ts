import { hasLabels, specOf, type Tree } from '../tree.ts';
import type { Fault } from './fault.ts';

/** Below what Loki needs: see MEMORY_NEEDS in the pods controller. */
const LIMIT = '128Mi';

export const oomLoop: Fault = {
  name: 'oom-loop',
  description: `a mutating policy gives Loki's pods a memory limit of ${LIMIT}: they are killed for want of memory, again and again`,
  phase: 2,
  check: 'loki.no-restarts',
  remedy: 'delete ConfigMap rehearsal/fault-oom-loop: the policy goes, and the pods are replaced by ones with the limit of the values',
  distort(object) {
    if (object.kind !== 'Pod' || !hasLabels(object, { 'app.kubernetes.io/name': 'loki', 'app.kubernetes.io/component': 'single-binary' }))
      return object;
    const spec = specOf(object);
    const containers = spec.containers.map((container: Tree) => (container.name === 'loki' ? limited(container) : container));
    return { ...object, spec: { ...spec, containers } };
  },
};

function limited(container: Tree): Tree {
  const { resources } = container;
  return {
    ...container,
    resources: { requests: { ...resources?.requests, memory: LIMIT }, limits: { ...resources?.limits, memory: LIMIT } },
  };
}
