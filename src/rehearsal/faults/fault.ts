import { type Manifest, refOf } from '#model/kubernetes.ts';
import { hasLabels, specOf, type Tree } from '../tree.ts';
import type { World } from '../world.ts';

/** Something that is wrong in the world, on while ConfigMap rehearsal/fault-NAME is there. It changes state, never an answer. */
export interface Fault {
  readonly name: string;
  /** What happens, in words for a person. */
  readonly description: string;
  /** The phase in which it comes on, unless asked for otherwise. */
  readonly phase: number;
  /** The check that finds it. */
  readonly check: string;
  /** It passes by itself: nothing is called failed because of it, and the run comes to its end. */
  readonly heals?: true;
  /** Words that are in what the check says then: the right reason. */
  readonly says: readonly string[];
  /** What lifts it, in words. */
  readonly remedy: string;
  /** Settings without which it can't show, by their path in `environment` ("storage.bucket.from"): written into the copy of the goals. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** What the world makes of an object: of one that is written, and of one that stands there when the fault comes. */
  distort?(object: Manifest): Manifest;
  /** What else it does when it comes. @returns what undoes it */
  strike?(world: World): () => void;
}

/** A fault in one named object. `edit` gets a copy of it, to change in place. */
export function inObject(kind: string, name: string, edit: (object: Tree) => unknown): Required<Pick<Fault, 'distort'>> {
  return {
    distort(object) {
      if (object.kind !== kind || object.metadata.name !== name) return object;
      const copy = JSON.parse(JSON.stringify(object));
      edit(copy);
      return copy;
    },
  };
}

/** Something that stands in the world as long as the fault does. */
export function standing(make: (world: World) => Manifest): Required<Pick<Fault, 'strike'>>['strike'] {
  return (world) => {
    const { store } = world;
    const object = store.put(make(world));
    return () => store.remove(refOf(object));
  };
}

/** A mutating policy: Loki's pods are made with this much memory, requested and as a limit. */
export function lokiPodWith(memory: string): Required<Pick<Fault, 'distort'>> {
  const labels = { 'app.kubernetes.io/name': 'loki', 'app.kubernetes.io/component': 'single-binary' };
  const limit = ({ resources, ...container }: Tree) => ({
    ...container,
    resources: { requests: { ...resources?.requests, memory }, limits: { ...resources?.limits, memory } },
  });
  return {
    distort(pod) {
      if (pod.kind !== 'Pod' || !hasLabels(pod, labels)) return pod;
      const spec = specOf(pod);
      return { ...pod, spec: { ...spec, containers: spec.containers.map((one: Tree) => (one.name === 'loki' ? limit(one) : one)) } };
    },
  };
}
