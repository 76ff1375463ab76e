import { Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { Event } from '#model/event.ts';
import { liveProgress } from '#ui/live.ts';
import { ndjsonProgress } from '#ui/ndjson.ts';
import { plainProgress } from '#ui/plain.ts';
import type { Progress } from '#ui/progress.ts';
import { OUTLINE, RUN } from './a-run.ts';

/** What a listener writes while it hears the run. */
async function hear(make: (write: (text: string) => void) => Progress): Promise<string> {
  const written: string[] = [];
  const progress = make((text) => written.push(text));
  for (const event of RUN) progress.listener(event);
  await progress.close();
  return written.join('');
}

describe('plain lines', () => {
  it('tell each event on its own line, with why and what to do below what failed', async () => {
    expect(await hear((write) => plainProgress(write, { colours: false, verbose: false }))).toMatchSnapshot();
  });

  it('say more with verbose', async () => {
    const text = await hear((write) => plainProgress(write, { colours: false, verbose: true }));
    expect(text).toContain('1.1 plans   commit commit 2 files');
    expect(text).toContain('because the claim is pending');
  });

  it('never carry a control character', async () => {
    expect(await hear((write) => plainProgress(write, { colours: false, verbose: true }))).not.toMatch(/\p{Cc}(?<!\n)/u);
  });

  it('in colours say the same', async () => {
    const [plain, coloured] = await Promise.all(
      [false, true].map((colours) => hear((write) => plainProgress(write, { colours, verbose: false }))),
    );
    expect(coloured).not.toBe(plain);
    expect(stripVTControlCharacters(coloured ?? '')).toBe(plain);
  });
});

describe('what is still pending when nobody waits any longer is told with its causes', () => {
  const last: Event = {
    ...{ time: '2026-01-02T03:04:05.678Z', run: 'r1', seq: 1, type: 'check.judged', phase: 1, objective: '1.1', check: 'bucket' },
    ...{ title: 'The bucket is bound', state: 'pending', summary: 'not bound', cause: ['no provisioner'], remedy: 'run it', final: true },
  };

  it('as plain lines', () => {
    const written: string[] = [];
    plainProgress((text) => written.push(text), { colours: false, verbose: false }).listener(last);
    expect(written.join('')).toBe('  1.1 pending The bucket is bound: not bound\n    because no provisioner\n    to fix it: run it\n');
  });

  it('in the tree', async () => {
    const { stream, text } = terminal();
    const progress = liveProgress(OUTLINE, stream);
    const over = { ...last, type: 'objective.finished', name: 'S3', state: 'failed' } as Event;
    for (const event of [...RUN.slice(0, 9), last, over]) {
      progress.listener(event);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await progress.close();
    expect(text()).toContain('because no provisioner');
  });
});

it('permissions that only looking for causes needs are named', () => {
  const written: string[] = [];
  const event = { type: 'preflight.finished', asked: 3, denied: [], unexplained: ['get pods/log in monitoring'] } as unknown as Event;
  plainProgress((text) => written.push(text), { colours: false, verbose: false }).listener(event);
  expect(written.join('')).toBe(
    'Permissions: 3 asked for, all granted\nWithout these, causes can be found less far:\n    get pods/log in monitoring\n',
  );
});

describe('ndjson', () => {
  it('is one event a line, unchanged', async () => {
    const text = await hear(ndjsonProgress);
    expect(text.endsWith('\n')).toBe(true);
    expect(
      text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual(RUN);
  });
});

describe('the tree', () => {
  it('ends with what is done folded, what failed open, and the rest as not reached', async () => {
    const { stream, text } = terminal();
    const progress = liveProgress(OUTLINE, stream);
    for (const event of RUN) {
      progress.listener(event);
      // As the engine does, which awaits something between any two events.
      await new Promise((resolve) => setImmediate(resolve));
    }
    await progress.close();
    const last = stripVTControlCharacters(text()).split('✔ Phase 0').at(-1);
    expect(`✔ Phase 0${last}`).toMatchSnapshot();
  });

  it.each(['waiting', 'in_progress', 'blocked', 'failed', 'regressed', 'pending'] as const)(
    'gives no tick to a phase that is %s',
    async (state) => {
      const { stream, text } = terminal();
      const progress = liveProgress(OUTLINE, stream);
      const finished = { type: 'phase.finished', phase: 0, name: 'Readiness', state } as const;
      for (const event of [...RUN.slice(0, 3), { time: '2026-01-02T03:04:05.678Z', run: 'r1', seq: 4, ...finished }]) {
        progress.listener(event);
        await new Promise((resolve) => setImmediate(resolve));
      }
      await progress.close();
      expect(stripVTControlCharacters(text())).toContain(`Phase 0: Readiness: ${state}`);
      expect(stripVTControlCharacters(text())).not.toContain('✔ Phase 0');
    },
  );

  it('leaves Ctrl-C to the launcher', async () => {
    const before = process.listenerCount('SIGINT');
    const { stream } = terminal();
    const progress = liveProgress(OUTLINE, stream);
    progress.listener(RUN[0] as (typeof RUN)[number]);
    expect(process.listenerCount('SIGINT')).toBe(before);
    await progress.close();
  });
});

/** A stream that takes what a terminal of 100 columns would. */
function terminal(): { readonly stream: NodeJS.WriteStream; text(): string } {
  const written: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      written.push(String(chunk));
      done();
    },
  });
  return {
    stream: Object.assign(stream, { isTTY: true, columns: 100, rows: 50 }) as unknown as NodeJS.WriteStream,
    text: () => written.join(''),
  };
}
