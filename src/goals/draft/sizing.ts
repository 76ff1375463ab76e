import type { SurveyedCluster } from '#model/survey.ts';
import { type Finding, guessed } from './finding.ts';

const GiB = 2 ** 30;

interface Size {
  readonly name: string;
  readonly memory: { readonly request: string; readonly limit: string };
  readonly volume: string;
  /** MiB */
  readonly caches: { readonly chunks: number; readonly results: number };
}

const SMALL: Size = { name: 'small', memory: { request: '512Mi', limit: '1Gi' }, volume: '10Gi', caches: { chunks: 128, results: 64 } };
const USUAL: Size = { name: 'usual', memory: { request: '1Gi', limit: '2Gi' }, volume: '20Gi', caches: { chunks: 512, results: 256 } };
const LARGE: Size = { name: 'large', memory: { request: '4Gi', limit: '8Gi' }, volume: '50Gi', caches: { chunks: 2048, results: 512 } };
/** Lines per second and pod; a single noisy pod must not fill one small Loki. */
const RATE_LIMITS: Readonly<Record<string, number>> = { small: 200, usual: 500, large: 500 };

/** Nobody has seen the logs yet, so that the nodes are all there is to go by: how many there are, and what the largest can take. */
export function draftSizing({ nodes }: SurveyedCluster): readonly Finding[] {
  const largest = Math.max(0, ...nodes.map(({ memory }) => memory));
  const size = largest < 8 * GiB ? SMALL : nodes.length > 10 && largest >= 32 * GiB ? LARGE : USUAL;
  const from = `the ${size.name} size, for ${nodes.length} ${nodes.length === 1 ? 'node' : 'nodes'}, the largest with ${Math.floor(largest / GiB)}Gi`;
  return [
    guessed('/loki/memory', size.memory, from),
    guessed('/loki/persistence/size', size.volume, from),
    guessed('/loki/caches', size.caches, from),
    guessed('/alloy/rateLimit', RATE_LIMITS[size.name], from),
  ];
}
