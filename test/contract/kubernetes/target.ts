import { afterAll, beforeAll, beforeEach, inject } from 'vitest';
import type { PartName } from '#test/real/cluster.ts';
import { startEmbedded } from './embedded.ts';
import { useReal } from './real.ts';
import { type Reply, type Requests, requestsTo } from './requests.ts';
import type { Backstage, Stage } from './stage.ts';

/** An API server under test: what a client asks of it, and what has to happen behind it. */
export interface Target extends Requests, Backstage {
  /** Begins a watch and gives its events in order. */
  watch(path: string): AsyncGenerator<{ readonly type: string; readonly object: Reply['body'] }>;
  /** A new name, and a namespace of that name. */
  namespace(): Promise<string>;
}

let namespaces = 0;

/**
 * The contract: what any API server answers. The embedded one, or the real one where there is one. Both know the tokens `admin` (in
 * system:masters) and `limited` (whose user has next to no rights). Tests are skipped where a part that they need can't be had.
 */
export function useTarget(...parts: readonly PartName[]): Target {
  let stage: Stage;
  beforeAll(async () => {
    const real = inject('realCluster');
    stage = real === undefined ? await startEmbedded() : useReal(real);
  });
  beforeEach((context) => {
    const missing = inject('missingParts') ?? {};
    for (const part of parts) if (missing[part] !== undefined) context.skip(`${part}: ${missing[part]}`);
  });
  afterAll(() => stage?.stop());
  const { send, request } = requestsTo(() => stage.url);
  return {
    send,
    request,
    async *watch(path) {
      const response = await send('GET', path);
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
    forget: () => stage.forget(),
    throttle: () => stage.throttle(),
    expose: (...args) => stage.expose(...args),
    runPod: (...args) => stage.runPod(...args),
  };
}
