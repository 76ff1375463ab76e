import { stripVTControlCharacters } from 'node:util';
import type { LogsAnswer, LogsRequest } from '#model/read.ts';
import { redact } from '#model/redact.ts';
import type { Kubernetes } from './connect.ts';
import { readFailure } from './failures.ts';
import { pathOfObject } from './paths.ts';

/** Bytes that the kubelet sends at most. */
const LIMIT = '65536';
/** Characters of a line that somebody still reads. */
const LONGEST_LINE = 300;

/**
 * The last lines of a container. A pod that is gone and a container that has not started are answers (404, 400): it has written nothing.
 * @throws Unobserved
 */
export async function readLogs(kubernetes: Kubernetes, request: LogsRequest, signal: AbortSignal): Promise<LogsAnswer> {
  const { namespace, pod, container, since, tail, previous } = request;
  const path = `${pathOfObject({ apiVersion: 'v1', kind: 'Pod', namespace, name: pod })}/log`;
  const query = {
    container,
    tailLines: String(tail),
    limitBytes: LIMIT,
    ...(since === undefined ? {} : { sinceSeconds: String(since) }),
    ...(previous === undefined ? {} : { previous: 'true' }),
  };
  const reply = await kubernetes.request('GET', path, { query, signal });
  if (reply.status === 404 || reply.status === 400) return { of: 'logs', lines: undefined };
  if (reply.status !== 200) throw readFailure(reply, `log of ${namespace}/${pod}`);
  return { of: 'logs', lines: linesOf(reply.body) };
}

/** Colours first, for they may stand within a word; credentials while lines are whole, for a key goes over many. */
function linesOf(text: string): readonly string[] {
  const readable = stripVTControlCharacters(text).replace(/[^\P{Cc}\n]+/gu, ' ');
  return redact(readable)
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => (line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE)}…` : line));
}
