import { randomUUID } from 'node:crypto';
import { parse } from 'yaml';
import type { Manifest } from '#model/kubernetes.ts';
import { memoryOf } from '../memory.ts';
import { dataOf, hashOf, secretOf, type Tree } from '../tree.ts';
import type { ServiceProcess, ServiceRequest, ServiceResponse, World } from '../world.ts';
import { json } from './answers.ts';
import type { Send } from './network.ts';

const sessionsOf = memoryOf(() => new Set<string>());

/** What kube-prometheus-stack gives it, beside what the sidecar finds. */
const PROMETHEUS = {
  name: 'Prometheus',
  uid: 'prometheus',
  type: 'prometheus',
  access: 'proxy',
  isDefault: true,
  url: 'http://kube-prometheus-stack-prometheus.monitoring:9090/',
};

/** Grafana 11.4: a session cookie opens it, the sidecar's ConfigMaps are its datasources and dashboards. */
export function grafanaProcess(pod: Manifest, send: Send): ServiceProcess {
  return async (request, world) => {
    const { path, query } = request;
    if (path === '/api/health') return json({ commit: 'd9455ff7db', database: 'ok', version: '11.4.0' });
    if (path === '/login' && request.method === 'POST') return login(request, world, pod);
    if (!isLoggedIn(request, world))
      return json({ message: 'Unauthorized', messageId: 'auth.unauthorized', statusCode: 401, traceID: '' }, 401);
    if (path === '/api/datasources') return json(datasources(world));
    if (path === '/api/search' && (query.get('type') ?? 'dash-db') === 'dash-db') return json(dashboards(world));
    const [, uid, health] = /^\/api\/datasources\/uid\/([^/]+)(\/health)?$/.exec(path) ?? [];
    if (uid === undefined) return json({ message: 'Not found' }, 404);
    const datasource = datasources(world).find((each) => each.uid === uid);
    if (datasource === undefined)
      return json({ message: 'Data source not found', messageId: 'datasources.notFound', statusCode: 404, traceID: '' }, 404);
    return health === undefined ? json(datasource) : checkDatasource(world, datasource, send);
  };
}

function login(request: ServiceRequest, world: World, pod: Manifest): ServiceResponse {
  const name = 'kube-prometheus-stack-grafana';
  const secret = secretOf(world.store.get({ apiVersion: 'v1', kind: 'Secret', namespace: pod.metadata.namespace ?? '', name }));
  const { user, password } = JSON.parse(request.body.toString() || '{}');
  if (user === undefined || user !== secret['admin-user'] || password !== secret['admin-password']) {
    return json({ message: 'Invalid username or password', messageId: 'password-auth.failed', statusCode: 401, traceID: '' }, 401);
  }
  const session = randomUUID();
  sessionsOf(world, 'grafana').add(session);
  return {
    ...json({ message: 'Logged in', redirectUrl: '/' }),
    headers: { 'set-cookie': `grafana_session=${session}; Path=/; HttpOnly; SameSite=Lax` },
  };
}

function isLoggedIn({ headers }: ServiceRequest, world: World): boolean {
  const session = /grafana_session=([^;]+)/.exec(headers.cookie ?? '')?.[1];
  return session !== undefined && sessionsOf(world, 'grafana').has(session);
}

function datasources(world: World): Tree[] {
  const given = filesLabelled(world, 'grafana_datasource').flatMap(([, content]) => parse(content)?.datasources ?? []);
  return [PROMETHEUS, ...given].map((datasource, index) => ({
    id: index + 1,
    orgId: 1,
    isDefault: false,
    readOnly: true,
    jsonData: {},
    ...datasource,
    uid: datasource.uid ?? hashOf(datasource.name, 14).toUpperCase(),
  }));
}

/** A file that is no JSON is left out: Grafana logs it and goes on. */
function dashboards(world: World): Tree[] {
  return filesLabelled(world, 'grafana_dashboard').flatMap(([, content], index) => {
    try {
      const { uid = hashOf(content, 14), title, tags = [] } = JSON.parse(content);
      return [{ id: index + 1, uid, title, uri: `db/${uid}`, url: `/d/${uid}`, slug: '', type: 'dash-db', tags, isStarred: false }];
    } catch {
      return [];
    }
  });
}

async function checkDatasource(world: World, datasource: Tree, send: Send): Promise<ServiceResponse> {
  if (datasource.type !== 'loki') return json({ status: 'OK', message: 'Successfully queried the Prometheus API.' });
  const query = new URLSearchParams({ query: 'vector(1)+vector(1)', time: String(world.now().getTime() / 1000) });
  const url = `${datasource.url.replace(/\/$/, '')}/loki/api/v1/query`;
  const answer = await send(world, url, { method: 'GET', query, headers: {}, body: Buffer.alloc(0) });
  if (answer?.status === 200) return json({ status: 'OK', message: 'Data source successfully connected.' });
  return json({ status: 'ERROR', message: 'Unable to connect with Loki. Please check the server logs for more details.' }, 400);
}

function filesLabelled(world: World, label: string): [string, string][] {
  const maps = world.store.list('v1', 'ConfigMap').filter(({ metadata }) => metadata.labels?.[label] === '1');
  return maps.flatMap((map) => Object.entries(dataOf(map)));
}
