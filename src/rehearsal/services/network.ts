import { proxyToService } from '../api/proxy.ts';
import { Refusal } from '../api/status.ts';
import type { ServiceRequest, ServiceResponse, World } from '../world.ts';

/** A request from one process to another, by URL ("http://loki.monitoring.svc:3100/ready"); undefined: nobody listens there. */
export type Send = (world: World, url: string, request: Omit<ServiceRequest, 'path'>) => Promise<ServiceResponse | undefined>;

/** Names resolve inside the cluster alone; a path in the URL is what is asked for. */
export function createNetwork(findProcess: Parameters<typeof proxyToService>[1]): Send {
  return async (world, url, request) => {
    const { hostname, port, pathname } = new URL(url);
    const [name = '', namespace = ''] = hostname.split('.');
    try {
      return await proxyToService(world, findProcess, namespace, `${name}:${port || 80}`, { ...request, path: pathname });
    } catch (error) {
      if (error instanceof Refusal) return undefined;
      throw error;
    }
  };
}
