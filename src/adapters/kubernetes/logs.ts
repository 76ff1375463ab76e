import type { LogsAnswer, LogsRequest } from '#model/read.ts';
import type { Kubernetes } from './connect.ts';
import { readFailure } from './failures.ts';
import { pathOfObject } from './paths.ts';

/**
 * The last lines of a container. A pod that is gone and a container that has not started are answers (404, 400): it has written nothing.
 * @throws Unobserved
 */
export async function readLogs(kubernetes: Kubernetes, request: LogsRequest, signal: AbortSignal): Promise<LogsAnswer> {
  const { namespace, pod, container, since, tail } = request;
  const path = `${pathOfObject({ apiVersion: 'v1', kind: 'Pod', namespace, name: pod })}/log`;
  const query = { container, sinceSeconds: String(since), tailLines: String(tail) };
  const reply = await kubernetes.request('GET', path, { query, signal });
  if (reply.status === 404 || reply.status === 400) return { of: 'logs', lines: undefined };
  if (reply.status !== 200) throw readFailure(reply, `log of ${namespace}/${pod}`);
  return { of: 'logs', lines: reply.body.split('\n').filter((line) => line !== '') };
}
