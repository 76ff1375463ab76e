import type { Manifest } from '#model/kubernetes.ts';
import type { Tree } from '../tree.ts';
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
export function inObject(kind: string, name: string, edit: (object: Tree) => void): Required<Pick<Fault, 'distort'>> {
  return {
    distort(object) {
      if (object.kind !== kind || object.metadata.name !== name) return object;
      const copy = JSON.parse(JSON.stringify(object));
      edit(copy);
      return copy;
    },
  };
}
