import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { expect, vi } from 'vitest';
import type { ServiceProcess, ServiceRequest, World } from '#rehearsal/world.ts';
import type { RealCluster } from '#test/real/cluster.ts';
import { logName } from '#test/real/kubelet/pod.ts';
import { ETCD } from '#test/real/parts/control-plane.ts';
import { merge, type Reply, requestsTo } from './requests.ts';
import type { Stage } from './stage.ts';

const FLOWS = '/apis/flowcontrol.apiserver.k8s.io/v1';
const FLOW = { apiVersion: 'flowcontrol.apiserver.k8s.io/v1', metadata: { name: 'contract-throttled' } };
const REVIEWS = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
/** A port on which nothing listens. */
const SILENT = 1;
/** How long controllers may take, in milliseconds. */
const PATIENCE = 10_000;
let addresses = 0;

/** The real API server. In its network namespace every address of 10.88.0.0/16 is this machine: pods of tests are processes here. */
export function useReal({ server, directory }: RealCluster): Stage {
  const { request } = requestsTo(() => server);
  const undo: (() => unknown)[] = [];

  async function make(path: string, body: object): Promise<Reply> {
    const reply = await request('POST', path, { body });
    expect(reply.status, JSON.stringify(reply.body)).toBe(201);
    return reply;
  }

  /** A Pod in which no container runs, on a node that is none. */
  async function makePod(namespace: string, name: string, containers: readonly string[], nodeName: string): Promise<void> {
    const path = `/api/v1/namespaces/${namespace}`;
    // Pods need it; the controller that makes it may be slower, or quicker.
    await request('POST', `${path}/serviceaccounts`, { body: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } } });
    const spec = { nodeName, containers: containers.map((container) => ({ name: container, image: 'image' })) };
    await make(`${path}/pods`, { apiVersion: 'v1', kind: 'Pod', metadata: { name, labels: { app: name } }, spec });
  }

  async function setAddress(namespace: string, name: string, podIP: string, ready: boolean): Promise<void> {
    const conditions = [{ type: 'Ready', status: ready ? 'True' : 'False' }];
    const status = { phase: 'Running', podIP, podIPs: [{ ip: podIP }], conditions };
    const reply = await request('PATCH', `/api/v1/namespaces/${namespace}/pods/${name}/status`, merge({ status }));
    expect(reply.status).toBe(200);
  }

  return {
    url: server,

    async stop() {
      for (const each of undo.toReversed()) await each();
    },

    async forget() {
      // A version that etcd has dropped already is as good.
      const response = await fetch(`${ETCD}/v3/kv/compaction`, { method: 'POST', body: JSON.stringify({ revision: '2' }) });
      expect(await response.text()).toMatch(/"header"|has been compacted/);
    },

    /** A priority level without a seat lets one request in at a time: one that never ends keeps all others out. */
    async throttle() {
      const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: FLOW.metadata.name } };
      await make('/api/v1/namespaces/default/serviceaccounts', account);
      const nothing = { nominalConcurrencyShares: 0, lendablePercent: 0, borrowingLimitPercent: 0, limitResponse: { type: 'Reject' } };
      const level = { ...FLOW, kind: 'PriorityLevelConfiguration', spec: { type: 'Limited', limited: nothing } };
      const subject = { kind: 'ServiceAccount', serviceAccount: { namespace: 'default', name: FLOW.metadata.name } };
      const everything = { verbs: ['*'], apiGroups: ['*'], resources: ['*'], clusterScope: true, namespaces: ['*'] };
      const rules = [{ subjects: [subject], resourceRules: [everything], nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }] }];
      const spec = { matchingPrecedence: 2, priorityLevelConfiguration: { name: FLOW.metadata.name }, rules };
      await make(`${FLOWS}/prioritylevelconfigurations`, level);
      await make(`${FLOWS}/flowschemas`, { ...FLOW, kind: 'FlowSchema', spec });
      for (const path of [`${FLOWS}/prioritylevelconfigurations`, `${FLOWS}/flowschemas`, '/api/v1/namespaces/default/serviceaccounts'])
        undo.push(() => request('DELETE', `${path}/${FLOW.metadata.name}`));
      const tokens = `/api/v1/namespaces/default/serviceaccounts/${FLOW.metadata.name}/token`;
      const { token } = (await make(tokens, { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} })).body.status;

      const ended = new AbortController();
      undo.push(() => ended.abort());
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      const occupy = () => {
        const body = new ReadableStream({ start: (controller) => controller.enqueue(Buffer.from('{')) });
        const init = { method: 'POST', headers, body, duplex: 'half', signal: ended.signal };
        fetch(`${server}${REVIEWS}`, init as RequestInit).catch(() => undefined);
      };
      // Again, because what came before the level was in force takes no seat of it.
      await vi.waitFor(async () => {
        occupy();
        expect((await request('GET', '/version', { token })).status).toBe(429);
      }, PATIENCE);
      return token;
    },

    async expose(namespace, name, backend) {
      addresses += 1;
      const address = `10.88.240.${addresses}`;
      const listener = backend?.process && (await listen(backend.process, address));
      if (listener !== undefined)
        undo.push(
          () => listener.closeAllConnections(),
          () => new Promise((resolve) => listener.close(resolve)),
        );
      const targetPort = listener === undefined ? SILENT : (listener.address() as AddressInfo).port;
      if (backend !== undefined) {
        await makePod(namespace, name, [name], 'nowhere');
        await setAddress(namespace, name, address, backend.ready);
      }
      const spec = { selector: { app: name }, ports: [{ name: 'http', port: 3100, targetPort }] };
      await make(`/api/v1/namespaces/${namespace}/services`, { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec });
      await vi.waitFor(async () => {
        const { status, body } = await request('GET', `/api/v1/namespaces/${namespace}/endpoints/${name}`);
        expect(status).toBe(200);
        expect(body.subsets ?? []).toHaveLength(backend === undefined ? 0 : 1);
      }, PATIENCE);
    },

    async runPod(namespace, name, containers, lines) {
      // Where the simulated kubelet finds what real processes write.
      for (const container of containers)
        await writeFile(join(directory, 'log', `${logName(namespace, name, container)}.log`), lines.map((line) => `${line}\n`).join(''));
      const nodes = await request('GET', '/api/v1/nodes');
      await makePod(namespace, name, containers, nodes.body.items[0].metadata.name);
      await vi.waitFor(async () => {
        const { body } = await request('GET', `/api/v1/namespaces/${namespace}/pods/${name}`);
        expect(body.status.phase).toBe('Running');
      }, PATIENCE);
    },
  };
}

async function listen(process: ServiceProcess, address: string): Promise<Server> {
  const server = createServer(async (request, response) => {
    // Its own world is of no use to a process that only answers a test.
    const { status, contentType, headers, body } = await process(await asServiceRequest(request), {} as World);
    response.writeHead(status, { ...headers, ...(contentType === undefined ? {} : { 'Content-Type': contentType }) });
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  return server;
}

async function asServiceRequest(request: IncomingMessage): Promise<ServiceRequest> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://pod');
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
  // Not decodeURIComponent: a slash that came encoded has to be seen.
  return { method: request.method ?? '', path: decodeURI(pathname), query: searchParams, headers, body: await buffer(request) };
}
