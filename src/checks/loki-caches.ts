import { type Check, check } from '#model/check.ts';
import type { Loki } from '#model/environment.ts';
import { failed, met, pending } from '#model/verdict.ts';
import { notAnswering } from './answering.ts';
import { samplesIn, sumMetric } from './metrics.ts';
import { readHttp } from './reads.ts';

const SERVERS = 'loki_memcache_client_servers';

/** Loki is ready without its caches all the same. */
export const cachesAnswer = (loki: Loki): Check =>
  check({
    id: 'loki.caches-answer',
    title: 'Loki has found its caches',
    holds: 'always',
    after: ['loki.chunks-cache', 'loki.results-cache'],
    reads: { metrics: readHttp(loki.service, '/metrics') },
    judge: ({ metrics }) => {
      if (metrics.status !== 200) return notAnswering('/metrics', metrics);
      const clients = samplesIn(metrics.text, SERVERS);
      const lost = clients.filter(({ value }) => value === 0).map(({ labels }) => `${labels.name ?? 'a client'} has found no server`);
      if (clients.length === 0)
        return failed(
          'Loki uses no memcached',
          [`${loki.namespace}/${loki.name} has no ${SERVERS}: its configuration names no memcached`],
          'see what takes chunksCache and resultsCache out (environment.loki.values, a patch, ConfigMap loki), mend it in Git, then resume',
        );
      return lost.length === 0
        ? met(`${sumMetric(metrics.text, SERVERS)} servers for ${clients.length} clients`)
        : pending(`${lost.length} of ${clients.length} clients have found no server`, lost, `kubectl get endpoints -n ${loki.namespace}`);
    },
  });

/** Keys asked for before a rate of hits says anything. */
const ENOUGH = 20;

/** The rate is told for a person to judge; a cache that is asked and never has anything is none. */
export const cachesAreHit = (loki: Loki): Check =>
  check({
    id: 'loki.cache-hits',
    title: "Loki's caches are hit",
    holds: 'always',
    // Their queries are the ones to be served from a cache.
    after: ['loki.caches-answer', 'loki.p95'],
    reads: { metrics: readHttp(loki.service, '/metrics') },
    judge: ({ metrics }) => {
      if (metrics.status !== 200) return notAnswering('/metrics', metrics);
      const fetched = sumMetric(metrics.text, 'loki_cache_fetched_keys');
      const hits = sumMetric(metrics.text, 'loki_cache_hits');
      if (fetched < ENOUGH)
        return pending(`${fetched} keys asked for`, [`fewer than ${ENOUGH} say nothing`], 'nothing yet: queries make them');
      return hits > 0
        ? met(`${Math.round((hits / fetched) * 100)} % of ${fetched} keys since Loki's start`)
        : failed(
            `none of ${fetched} keys was in a cache`,
            [`the caches of ${loki.namespace}/${loki.name} keep nothing`],
            `kubectl logs -n ${loki.namespace} statefulset/${loki.name}-chunks-cache; raise environment.loki.caches`,
          );
    },
  });
