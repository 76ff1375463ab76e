import { type Check, check } from '#model/check.ts';
import type { Loki } from '#model/environment.ts';
import { serviceName } from '#model/kubernetes.ts';
import { failed, met, pending } from '#model/verdict.ts';
import { notAnswering } from './answering.ts';
import { readLines } from './loki-lines.ts';
import { readFiles } from './reads.ts';

/** The document is in the repository that the cluster follows, not on somebody's disk. */
export const documentIsThere = (id: string, path: string, mentions: readonly string[] = []): Check =>
  check({
    id,
    title: `${path} is in the repository${mentions.length === 0 ? '' : `, and speaks of ${shorten(mentions)}`}`,
    holds: 'always',
    reads: { files: readFiles([path]) },
    judge: ({ files }) => {
      const text = files.files[path];
      if (text === undefined) return pending(`${path} is not there`, [], 'nothing yet');
      const absent = mentions.filter((one) => !text.includes(one));
      return absent.length === 0
        ? met(`${text.split('\n').length} lines`)
        : pending(`it does not mention ${absent.join(', ')}`, ['it describes another state of the cluster'], 'nothing yet');
    },
  });

/** Links are many and long. */
function shorten(mentions: readonly string[]): string {
  return mentions.length > 2 ? `${mentions.length} things` : mentions.join(' and ');
}

/** Every query of the library is one that this Loki accepts. A rejected query is not an empty result. */
export const libraryRuns = (loki: Loki, queries: readonly { readonly title: string; readonly query: string }[]): Check =>
  check({
    id: 'loki.library-runs',
    title: `Each of the ${queries.length} queries of the library runs`,
    holds: 'always',
    reads: Object.fromEntries(queries.map(({ title, query }) => [title, readLines(loki.service, query, '1h', 10)])),
    judge: (seen) => {
      const rejected = Object.entries(seen).flatMap(([title, answer]) => (answer.value === undefined ? [{ title, answer }] : []));
      const first = rejected[0];
      if (first === undefined) return met(`${queries.length} of ${queries.length} answered`);
      if (first.answer.status !== 400) return notAnswering('query_range', first.answer);
      return failed(
        `${rejected.length} of ${queries.length} rejected`,
        rejected.map(({ title, answer }) => `${title}: ${'text' in answer ? answer.text.slice(0, 160) : ''}`),
        `mend the queries of the library; ${serviceName(loki.service)} says what it wants`,
      );
    },
  });
