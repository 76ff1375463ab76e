import type { Manifest } from '#model/kubernetes.ts';

/** Something that is wrong in the world, on while ConfigMap rehearsal/fault-NAME is there. It changes state, never an answer. */
export interface Fault {
  readonly name: string;
  /** What happens, in words for a person. */
  readonly description: string;
  /** The phase in which it comes on, unless asked for otherwise. */
  readonly phase: number;
  /** The check that finds it. */
  readonly check: string;
  /** What lifts it. */
  readonly remedy: string;
  /** What the world makes of an object that is being written. */
  distort(object: Manifest): Manifest;
}
