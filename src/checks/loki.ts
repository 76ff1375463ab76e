import * as v from 'valibot';
import { type Check, check } from '#model/check.ts';
import type { Loki } from '#model/environment.ts';
import { failed, met, pending } from '#model/verdict.ts';
import { notAnswering } from './answering.ts';
import { readLines } from './loki-lines.ts';
import { StatefulSet } from './objects.ts';
import { parseQuantity } from './quantity.ts';
import { readHttp, readJson, readObject } from './reads.ts';

export const lokiIsReady = (loki: Loki): Check =>
  check({
    id: 'loki.ready',
    title: 'Loki is ready and every module runs',
    holds: 'always',
    // Until then the process that answers may be the one with yesterday's configuration.
    after: ['loki.rolled-out'],
    reads: { ready: readHttp(loki.service, '/ready'), services: readHttp(loki.service, '/services') },
    judge: ({ ready, services }) => {
      if (ready.status !== 200) return notAnswering('/ready', ready);
      if (ready.text.trim() !== 'ready')
        return pending('/ready answers 200, but not as Loki does', [ready.text.slice(0, 120)], logsOf(loki));
      if (services.status !== 200) return notAnswering('/services', services);
      const modules = [...services.text.matchAll(/^(\S+) => (.+)$/gm)].map(([, name, state]) => ({ name, state }));
      const stopped = modules.filter(({ state }) => state !== 'Running').map(({ name, state }) => `${name} is ${state}`);
      if (modules.length === 0) return pending('/services names no module', [services.text.slice(0, 120)], logsOf(loki));
      return stopped.length === 0
        ? met(`ready, ${modules.length} modules Running`)
        : pending(`${stopped.length} of ${modules.length} modules don't run`, stopped, logsOf(loki));
    },
  });

export const lokiVersion = (loki: Loki): Check =>
  check({
    id: 'loki.version',
    title: "Loki's API answers and says its version",
    holds: 'always',
    after: ['loki.ready'],
    reads: { build: readJson(loki.service, '/loki/api/v1/status/buildinfo', v.object({ version: v.string() })) },
    judge: ({ build }) => {
      if (build.value === undefined) return notAnswering('/loki/api/v1/status/buildinfo', build);
      const { version } = build.value;
      // A build without a version stamp says "".
      return version === '' || version === loki.version
        ? met(version || 'a build without a version stamp')
        : failed(
            `version ${version}`,
            [`environment.loki.version is ${loki.version}`],
            `kubectl get statefulset -n ${loki.namespace} ${loki.name} -o yaml shows its image; make loki.image.tag in environment.loki.values and environment.loki.version the same`,
          );
    },
  });

/** The gateway has routes for push and queries, and answers its own / with 200 whatever Loki does: only the routes themselves tell. */
export const gatewayRoutes = (loki: Loki): Check =>
  check({
    id: 'loki.gateway-routes',
    title: 'The gateway routes push and queries to Loki',
    holds: 'always',
    after: ['loki.ready'],
    reads: {
      query: readLines(loki.gateway, '{namespace=~".+"}', '1h', 1),
      push: readHttp(loki.gateway, '/loki/api/v1/push', { method: 'HEAD' }),
    },
    judge: ({ query, push }) => {
      // Loki refuses a HEAD there with 405, each time; a GET with 405 or 404, as its routes happened to be made at its start.
      const lost = [query.status === 404 ? 'query_range' : '', push.status === 404 ? 'push' : ''].filter((name) => name !== '');
      const name = `Service ${loki.gateway.namespace}/${loki.gateway.name}`;
      if (lost.length > 0) {
        return failed(
          `404 through ${name} for ${lost.join(' and ')}`,
          [
            `the gateway has no route to Loki for ${lost.map((path) => `/loki/api/v1/${path}`).join(', ')}`,
            `its nginx.conf is in ConfigMap ${loki.namespace}/${loki.name}-gateway`,
          ],
          'compare that nginx.conf with the chart: gateway.nginxConfig in environment.loki.values overrides it; mend it and resume',
        );
      }
      if (query.status !== 200) return notAnswering('/loki/api/v1/query_range through the gateway', query);
      return push.status === 405
        ? met('query_range 200, push 405 to a HEAD: both reach Loki')
        : notAnswering('/loki/api/v1/push through the gateway', push);
    },
  });

/** Keys under a wrong path are ignored silently: only the container itself tells. */
export const limitsAreSet = (loki: Loki): Check =>
  check({
    id: 'loki.limits-set',
    title: `Loki's container has the memory limit ${loki.memory.limit}`,
    holds: 'always',
    after: ['loki.rolled-out'],
    reads: { found: readObject({ apiVersion: 'apps/v1', kind: 'StatefulSet', namespace: loki.namespace, name: loki.name }, StatefulSet) },
    judge: ({ found }) => {
      const container = found?.spec.template.spec.containers.find(({ name }) => name === 'loki');
      if (container === undefined) return pending(`StatefulSet ${loki.namespace}/${loki.name} has no container loki`, [], 'nothing yet');
      const { limits, requests } = container.resources;
      const limit = limits.memory;
      if (limit === undefined || requests.memory === undefined)
        return failed(
          `container loki of StatefulSet ${loki.namespace}/${loki.name} has no memory request or limit`,
          ['resources stand under a path that the chart ignores'],
          'take what sets other resources out of environment.loki.values: chart 18 reads singleBinary.resources',
        );
      return parseQuantity(limit) === parseQuantity(loki.memory.limit)
        ? met(`memory limit ${limit}`)
        : failed(
            `memory limit ${limit}`,
            [`the goals say ${loki.memory.limit}`],
            'see environment.loki.memory and environment.loki.values',
          );
    },
  });

function logsOf({ namespace, name }: Loki): string {
  return `kubectl logs -n ${namespace} statefulset/${name} -c loki`;
}
