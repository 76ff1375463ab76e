import type { Manifest } from '#model/kubernetes.ts';
import { hasLabels, specOf, statusOf, type Tree } from '../tree.ts';
import type { ServiceProcess, ServiceRequest, ServiceResponse, World } from '../world.ts';
import { notFound, unavailable } from './status.ts';

/** What listens on a port of a running pod, if anything does. */
export type ProcessFinder = (pod: Manifest, port: number) => ServiceProcess | undefined;

/**
 * Passes a request on to a pod behind a service. `target` is NAME:PORT, with the port's number.
 * @throws Refusal 404 without the service, 503 without a port, a ready pod or a process that listens
 */
export async function proxyToService(
  world: World,
  findProcess: ProcessFinder,
  namespace: string,
  target: string,
  request: ServiceRequest,
): Promise<ServiceResponse> {
  const [name = '', wanted] = target.split(':');
  const service = world.store.get({ apiVersion: 'v1', kind: 'Service', namespace, name });
  if (service === undefined) throw notFound({ group: '', resource: 'services' }, name);
  const { ports, selector } = specOf(service);
  const port = ports.find((each: Tree) => each.port === Number(wanted));
  if (port === undefined) throw unavailable(`no service port ${wanted} found for service "${name}"`);

  const pods = world.store.list('v1', 'Pod', namespace).filter((pod) => hasLabels(pod, selector) && hasAddress(pod));
  const pod = pods.find(isReady);
  // The real server names the whole target once there are pods, ready or not.
  if (pod === undefined) throw unavailable(`no endpoints available for service "${pods.length === 0 ? name : target}"`);
  return ask(world, findProcess(pod, port.targetPort), port.targetPort, request);
}

/** The same for one pod by its name. @throws Refusal 404 without the pod, 503 without a process that listens */
export async function proxyToPod(
  world: World,
  findProcess: ProcessFinder,
  namespace: string,
  target: string,
  request: ServiceRequest,
): Promise<ServiceResponse> {
  const [name = '', port] = target.split(':');
  const pod = world.store.get({ apiVersion: 'v1', kind: 'Pod', namespace, name });
  if (pod === undefined) throw notFound({ group: '', resource: 'pods' }, name);
  return ask(world, findProcess(pod, Number(port)), Number(port), request);
}

async function ask(world: World, process: ServiceProcess | undefined, port: number, request: ServiceRequest): Promise<ServiceResponse> {
  if (process === undefined) throw unavailable(`error trying to reach service: dial tcp 10.244.0.10:${port}: connect: connection refused`);
  return process(request, world);
}

function hasAddress(pod: Manifest): boolean {
  return ['Pending', 'Running'].includes(statusOf(pod).phase);
}

function isReady(pod: Manifest): boolean {
  return statusOf(pod).conditions?.some(({ type, status }: Tree) => type === 'Ready' && status === 'True') ?? false;
}
