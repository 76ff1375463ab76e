import { randomUUID } from 'node:crypto';
import { parse } from 'yaml';
import type { Manifest } from '#model/kubernetes.ts';
import { memoryOf } from '../memory.ts';
import { dataOf, secretOf, type Tree } from '../tree.ts';
import type { ServiceProcess, ServiceRequest, ServiceResponse, World } from '../world.ts';
import { request as get, json, pageNotFound } from './answers.ts';
import type { Send } from './network.ts';

const sessionsOf = memoryOf(() => new Set<string>());

/** Grafana 11.4: a session cookie opens it, the sidecar's ConfigMaps are its datasources and dashboards. */
export function grafanaProcess(pod: Manifest, send: Send): ServiceProcess {
  return async (request, world) => {
    const { path, headers } = request;
    if (path === '/api/health') return json({ commit: 'd9455ff7db', database: 'ok', version: '11.4.0' });
    if (path === '/login') return login(request, world, pod);
    const session = /grafana_session=([^;]+)/.exec(headers.cookie ?? '')?.[1] ?? '';
    if (!sessionsOf(world, 'grafana').has(session)) return refusal(401, 'Unauthorized', 'auth.unauthorized');
    if (path === '/api/datasources') return json(datasources(world));
    if (path === '/api/search') return json(dashboards(world));
    const [, uid, rest] = /^\/api\/datasources\/(?:proxy\/)?uid\/([^/]+)(\/.+)$/.exec(path) ?? [];
    if (uid === undefined) return pageNotFound();
    const datasource = datasources(world).find((each) => each.uid === uid);
    if (datasource === undefined) return refusal(404, 'Data source not found', 'datasources.notFound');
    if (rest === '/health') return checkLoki(world, datasource, send);
    return (await send(world, `${datasource.url}${rest}`, request)) ?? { status: 502 };
  };
}

function login(request: ServiceRequest, world: World, pod: Manifest): ServiceResponse {
  const name = 'kube-prometheus-stack-grafana';
  const secret = secretOf(world.store.get({ apiVersion: 'v1', kind: 'Secret', namespace: pod.metadata.namespace ?? '', name }));
  const { user, password } = JSON.parse(request.body.toString());
  if (user !== secret['admin-user'] || password !== secret['admin-password'])
    return refusal(401, 'Invalid username or password', 'password-auth.failed');
  const session = randomUUID();
  sessionsOf(world, 'grafana').add(session);
  const headers = { 'set-cookie': `grafana_session=${session}; Path=/; HttpOnly; SameSite=Lax` };
  return { ...json({ message: 'Logged in', redirectUrl: '/' }), headers };
}

function datasources(world: World): Tree[] {
  const given = filesLabelled(world, 'grafana_datasource').flatMap((content) => parse(content).datasources);
  return given.map((datasource, index) => ({ id: index + 1, orgId: 1, readOnly: true, ...datasource }));
}

function dashboards(world: World): Tree[] {
  return filesLabelled(world, 'grafana_dashboard').map((content, index) => {
    const { uid, title, tags } = JSON.parse(content);
    return { id: index + 1, uid, title, uri: `db/${uid}`, url: `/d/${uid}`, slug: '', type: 'dash-db', tags, isStarred: false };
  });
}

async function checkLoki(world: World, { url }: Tree, send: Send): Promise<ServiceResponse> {
  const answer = await send(world, `${url}/loki/api/v1/query`, get('GET', { query: { query: 'vector(1)+vector(1)' } }));
  if (answer?.status === 200) return json({ status: 'OK', message: 'Data source successfully connected.' });
  return json({ status: 'ERROR', message: 'Unable to connect with Loki. Please check the server logs for more details.' }, 400);
}

/** Contents of the files in the ConfigMaps that the sidecar looks for. */
function filesLabelled(world: World, label: string): string[] {
  const maps = world.store.list('v1', 'ConfigMap').filter(({ metadata }) => metadata.labels?.[label] === '1');
  return maps.flatMap((map) => Object.values(dataOf(map)));
}

function refusal(statusCode: number, message: string, messageId: string): ServiceResponse {
  return json({ message, messageId, statusCode, traceID: '' }, statusCode);
}
