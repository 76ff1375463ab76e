import type { ServiceProcess } from '#rehearsal/world.ts';

/** What no client can do: each target has its own way. */
export interface Backstage {
  /** Makes the server forget its first versions. */
  forget(): Promise<void>;
  /** A token whose requests are refused for being too many. */
  throttle(): Promise<string>;
  /** A Service with the port 3100, and a Pod of the same name behind it if there is a backend. */
  expose(namespace: string, name: string, backend?: Backend): Promise<void>;
  /** A running Pod, each of whose containers has written these lines. */
  runPod(namespace: string, name: string, containers: readonly string[], lines: readonly string[]): Promise<void>;
}

export interface Backend {
  readonly ready: boolean;
  /** What listens in the Pod; without it nothing does. */
  readonly process?: ServiceProcess;
}

/** A server, and how to leave it. */
export interface Stage extends Backstage {
  readonly url: string;
  stop(): Promise<void>;
}
