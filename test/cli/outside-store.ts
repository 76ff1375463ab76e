import type { IncomingMessage, RequestListener } from 'node:http';
import { secret } from '#rehearsal/build.ts';
import { answerS3 } from '#rehearsal/services/s3.ts';
import type { ServiceResponse, World } from '#rehearsal/world.ts';
import { createAuthority, serveHttps, serveProxy } from './surroundings/servers.ts';

const REGION = 'eu-central-1';
export const ENDPOINT = `https://s3.${REGION}.amazonaws.com`;

/**
 * A stand-in for Amazon's S3: the embedded cluster's own object store on loopback, with TLS of a private authority and the bucket in the
 * host, by way of a proxy that leads there whatever name is asked for. Its buckets are those that the embedded Loki writes to.
 */
export async function serveAmazon(world: World, closing: AsyncDisposableStack) {
  const authority = await createAuthority('a company');
  const hosts = [REGION, 'eu-west-1'].flatMap((region) => [`s3.${region}.amazonaws.com`, `*.s3.${region}.amazonaws.com`]);
  const { text } = await authority.issue('/CN=s3', hosts.map((host) => `DNS:${host}`).join(','));
  const proxy = await serveProxy(await serveHttps(listenerOf(world), text, closing), closing);
  return { authority, proxy };
}

/** Buckets for Loki and for Airflow's archive, and Secrets with their keys as an administrator makes them. */
export function makeBuckets(world: World): void {
  for (const bucket of ['loki-logs', 'airflow-logs']) {
    world.buckets.create(bucket);
    world.buckets.grant('access', 'key', bucket);
  }
  const keys = { access_key_id: 'access', secret_access_key: 'key' };
  world.store.put(secret('monitoring/loki-s3-credentials', { ...keys, endpoint: ENDPOINT, bucket: 'loki-logs', region: REGION }));
  world.store.put(secret('airflow/airflow-logs', keys));
}

function listenerOf(world: World): RequestListener {
  return async (request, response) => {
    const { status, contentType, headers, body } = await answer(request, world);
    response.writeHead(status, { ...headers, ...(contentType === undefined ? {} : { 'content-type': contentType }) });
    response.end(request.method === 'HEAD' ? undefined : body);
  };
}

async function answer(request: IncomingMessage, world: World): Promise<ServiceResponse> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const { host = '' } = request.headers;
  const { pathname, searchParams: query } = new URL(request.url ?? '/', `https://${host}`);
  const [, bucket, asked = ''] = /^(.+)\.s3\.([\w-]+)\.amazonaws\.com$/.exec(host) ?? [];
  const signed = query.get('X-Amz-Credential')?.split('/')[2];
  if (asked !== REGION) return elsewhere(301, 'PermanentRedirect');
  if (signed !== undefined && signed !== REGION) return elsewhere(400, 'AuthorizationQueryParametersError');
  const path = decodeURIComponent(pathname);
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
  return answerS3(`/${bucket}${path}`, { method: request.method ?? 'GET', path, query, headers, body: Buffer.concat(chunks) }, world);
}

function elsewhere(status: number, code: string): ServiceResponse {
  const body = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>not here</Message><Region>${REGION}</Region></Error>`;
  return { status, contentType: 'application/xml', headers: { 'x-amz-bucket-region': REGION }, body };
}
