import { afterAll, beforeAll, inject } from 'vitest';
import type { PartName } from '#test/real/cluster.ts';
import { skipWithout } from '#test/real/support/needs.ts';
import { startEmbedded } from './embedded.ts';
import { useReal } from './real.ts';
import { type Reply, type Requests, requestsTo } from './requests.ts';
import type { Backstage, Stage } from './stage.ts';

/** An API server under test: what a client asks of it, and what has to happen behind it. */
export interface Target extends Requests, Backstage {
  /** Begins a watch and gives its events in order. */
  watch(
    path: string,
    headers?: Readonly<Record<string, string>>,
  ): AsyncGenerator<{ readonly type: string; readonly object: Reply['body'] }>;
  /** A new name, and a namespace of that name. */
  namespace(): Promise<string>;
}

let namespaces = 0;

/**
 * The contract: what any API server answers. The embedded one, or the real one where there is one. Both know the tokens `admin` (in
 * system:masters) and `limited` (whose user has next to no rights). Where a part of the real one can't be had that the tests of a
 * file need, they are skipped; else `prepare` comes before them.
 */
export function useTarget(parts: readonly PartName[] = [], prepare: (target: Target) => Promise<void> = async () => {}): Target {
  const isSkipped = skipWithout(['etcd', 'kube-apiserver', ...parts]);
  let stage: Stage;
  const target = targetOn(() => stage);
  beforeAll(async () => {
    if (isSkipped) return;
    const real = inject('realCluster');
    stage = real === undefined ? await startEmbedded() : useReal(real);
    await prepare(target);
  });
  afterAll(() => stage?.stop());
  return target;
}

function targetOn(stage: () => Stage): Target {
  const { send, request } = requestsTo(() => stage().url);
  return {
    send,
    request,
    async *watch(path, headers) {
      const response = await send('GET', path, headers && { headers });
      let text = '';
      for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
        const lines = (text + chunk).split('\n');
        text = lines.pop() ?? '';
        for (const line of lines) yield JSON.parse(line);
      }
    },
    async namespace() {
      namespaces += 1;
      const name = `contract-${process.pid}-${Date.now()}-${namespaces}`;
      await request('POST', '/api/v1/namespaces', { body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name } } });
      return name;
    },
    forget: () => stage().forget(),
    throttle: () => stage().throttle(),
    expose: (...args) => stage().expose(...args),
    runPod: (...args) => stage().runPod(...args),
  };
}
