import type { Manifest } from '#model/kubernetes.ts';
import { hasLabels, specOf, statusOf, type Tree } from '../tree.ts';
import type { ServiceProcess, ServiceRequest, ServiceResponse, World } from '../world.ts';
import { notFound, unavailable } from './status.ts';

/** What listens on a port of a running pod, if anything does. */
export type ProcessFinder = (pod: Manifest, port: number, world: World) => ServiceProcess | undefined;

/**
 * Passes a request on to a pod behind a service. `target` is NAME, NAME:PORT or SCHEME:NAME:PORT.
 * @throws Refusal 404 without the service, 503 without a port, a ready pod or a process that listens
 */
export async function proxyToService(
  world: World,
  findProcess: ProcessFinder,
  namespace: string,
  target: string,
  request: ServiceRequest,
): Promise<ServiceResponse> {
  const parts = target.split(':');
  const [name = '', wanted = ''] = parts.length === 3 ? parts.slice(1) : parts;
  const service = world.store.get({ apiVersion: 'v1', kind: 'Service', namespace, name });
  if (service === undefined) throw notFound({ group: '', resource: 'services' }, name);
  const { ports = [], selector, publishNotReadyAddresses } = specOf(service);
  const port = ports.find((each: Tree) => (/^\d+$/.test(wanted) ? each.port === Number(wanted) : (each.name ?? '') === wanted));
  if (port === undefined && /^\d+$/.test(wanted)) throw unavailable(`no service port ${wanted} found for service "${name}"`);

  const pods = world.store.list('v1', 'Pod', namespace).filter((pod) => hasLabels(pod, selector) && hasAddress(pod));
  const reachable = publishNotReadyAddresses ? pods : pods.filter(isReady);
  const pod = reachable.find(isReady) ?? reachable[0];
  // The real server names the whole target once there are pods, ready or not.
  if (pod === undefined || port === undefined)
    throw unavailable(`no endpoints available for service "${pods.length === 0 ? name : target}"`);

  const number = containerPort(pod, port.targetPort ?? port.port);
  const process = isRunning(pod) ? findProcess(pod, number, world) : undefined;
  if (process === undefined) {
    throw unavailable(
      `error trying to reach service: dial tcp ${statusOf(pod).podIP ?? '10.244.0.10'}:${number}: connect: connection refused`,
    );
  }
  return process(request, world);
}

function hasAddress(pod: Manifest): boolean {
  return ['Pending', 'Running'].includes(statusOf(pod).phase);
}

function isReady(pod: Manifest): boolean {
  return statusOf(pod).conditions?.some(({ type, status }: Tree) => type === 'Ready' && status === 'True') ?? false;
}

function isRunning(pod: Manifest): boolean {
  return statusOf(pod).containerStatuses?.some(({ state }: Tree) => state?.running !== undefined) ?? false;
}

function containerPort(pod: Manifest, target: number | string): number {
  if (typeof target === 'number') return target;
  const ports = specOf(pod).containers.flatMap((container: Tree) => container.ports ?? []);
  return ports.find(({ name }: Tree) => name === target)?.containerPort ?? 0;
}
