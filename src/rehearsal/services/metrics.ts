import type { Manifest } from '#model/kubernetes.ts';
import type { ServiceResponse, World } from '../world.ts';
import { text } from './answers.ts';

/** One metric of a process, now. */
export interface Sample {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
  /** How fast it grows until the next look: counters of what goes on all the time. */
  readonly perSecond?: number;
}

/** What a process would tell whoever scrapes it; undefined when it is no process that we play. */
export type Metrics = (pod: Manifest, world: World) => readonly Sample[];

/** The text that Prometheus scrapes. */
export function exposeMetrics(samples: readonly Sample[]): ServiceResponse {
  const lines = samples.map(({ name, labels = {}, value }) => {
    const pairs = Object.entries(labels).map(([label, given]) => `${label}=${JSON.stringify(given)}`);
    return `${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${value}\n`;
  });
  return { ...text(200, lines.join('')), contentType: 'text/plain; version=0.0.4; charset=utf-8' };
}
