import type { Listener } from '#model/event.ts';

/** Something that shows a run while it goes on. */
export interface Progress {
  readonly listener: Listener;
  /** To be called when the run is over, however it ended: gives the terminal back. */
  close(): Promise<void>;
}
