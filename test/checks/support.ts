import { existsSync, readFileSync } from 'node:fs';
import type { Check, Probe } from '#model/check.ts';
import type { Airflow, Grafana, Prometheus, Rook } from '#model/environment.ts';
import { Unreadable } from '#model/errors.ts';
import type { Manifest } from '#model/kubernetes.ts';
import type { Answer, HttpAnswer, Reads, S3Answer } from '#model/read.ts';
import type { Verdict } from '#model/verdict.ts';
import { environmentWith } from '../phases/environments.ts';

export const NOW = new Date('2026-11-22T15:00:00Z');
export const ENVIRONMENT = environmentWith({ alloy: { excludedNamespaces: ['kube-system'] } });
export const { loki: LOKI, alloy: ALLOY, storage: STORAGE, gitops: GITOPS } = ENVIRONMENT;
export const ROOK = STORAGE.rook as Rook;
export const PROMETHEUS = ENVIRONMENT.prometheus as Prometheus;
export const GRAFANA = ENVIRONMENT.grafana as Grafana;
export const AIRFLOW = ENVIRONMENT.airflow as Airflow;

/** What the engine judges: of a check, or of a probe once it has written. */
export type Judged = Pick<Check, 'reads' | 'next' | 'judge'>;

/** By the name of the read. */
export type Answers = Readonly<Record<string, Answer>>;

/** Decodes the answers and judges them: reads and judge together, as the engine does. */
export function judge({ reads, next, judge: decide }: Judged, answers: Answers, now = NOW): Verdict {
  const seen: Record<string, unknown> = {};
  for (let asked: Reads = reads; ; asked = next?.(seen) ?? {}) {
    const unread = Object.entries(asked).filter(([name]) => !Object.hasOwn(seen, name));
    if (unread.length === 0) return decide(seen, now);
    for (const [name, read] of unread) seen[name] = read.decode(answers[name] ?? unanswered(name));
  }
}

/** As of a world that is not there. */
function unanswered(name: string): never {
  throw new Unreadable(`no answer to the read ${name}`);
}

/** One check: answers for which it is met, and what a change of some of them makes of it. */
export interface Table {
  readonly id: string;
  readonly subject: Check | Probe;
  readonly check: Judged;
  readonly met: Answers;
  readonly rows: readonly Row[];
  /** Reads without whose subject the check is met all the same. */
  readonly spare: readonly string[];
}

export interface Row {
  readonly it: string;
  readonly gives: Verdict['state'] | 'unreadable';
  /** Instead of the answers for which the check is met; a function reads recorded answers. */
  readonly when: Answers | (() => Answers);
  /** What the verdict, all of it, has to say. */
  readonly says: readonly string[];
}

/** `fine` is what the verdict says when it is met. */
export function table(subject: Check | Probe, met: Answers, fine: string, rows: readonly Row[], spare: readonly string[] = []): Table {
  const check = 'with' in subject ? subject.with('mark') : subject;
  return { id: subject.id, subject, check, met, rows: [{ it: 'all is well', gives: 'met', when: {}, says: [fine] }, ...rows], spare };
}

export const met = (it: string, when: Row['when'], ...says: string[]): Row => ({ it, gives: 'met', when, says });
export const pending = (it: string, when: Row['when'], ...says: string[]): Row => ({ it, gives: 'pending', when, says });
/** Whoever is told that it failed is told what and where. */
export const failed = (it: string, when: Row['when'], first: string, ...says: string[]): Row => ({
  it,
  gives: 'failed',
  when,
  says: [first, ...says],
});
export const unreadable = (it: string, when: Row['when'], ...says: string[]): Row => ({ it, gives: 'unreadable', when, says });

export const absent: Answer = { of: 'object', object: undefined };

export function object(fields: Record<string, unknown>): Answer {
  return { of: 'object', object: manifest(fields) };
}

export function list(...items: readonly Record<string, unknown>[]): Answer {
  return { of: 'list', served: true, items: items.map(manifest) };
}

export function http(status: number, body: unknown = '', rest: Partial<HttpAnswer> = {}): HttpAnswer {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { of: 'http', status, contentType: '', body: text, took: [40], ...rest };
}

/** What the kubelet has of a container's last lines; undefined: it is gone or has not started. */
export function logs(...lines: readonly string[]): Answer {
  return { of: 'logs', lines };
}
export const noLogs: Answer = { of: 'logs', lines: undefined };

export function s3(status: number, rest: Partial<S3Answer> = {}): Answer {
  return { of: 's3', status, ...rest };
}

/** What the API server says for a service without a ready pod. */
export const noEndpoints = http(503, {
  kind: 'Status',
  status: 'Failure',
  message: 'no endpoints available for service "loki"',
  reason: 'ServiceUnavailable',
  code: 503,
});

/** Prometheus' answer to an instant query. */
export function vector(...values: readonly (string | number)[]): Answer {
  const result = values.map((value, index) => ({ metric: { pod: `pod-${index}` }, value: [NOW.getTime() / 1000, String(value)] }));
  return http(200, { status: 'success', data: { resultType: 'vector', result } });
}

/** Loki's answer to a query for lines; stream labels may be given. */
export function lines(texts: readonly string[], stream: Record<string, string> = {}): HttpAnswer {
  const values = texts.map((text, index) => [`${BigInt(NOW.getTime() + index) * 1_000_000n}`, text]);
  return http(200, { status: 'success', data: { resultType: 'streams', result: values.length === 0 ? [] : [{ stream, values }] } });
}

/** Prometheus' answer, given at another time than now. */
export function vectorAt(at: number, ...values: readonly (string | number)[]): Answer {
  return http(200, { data: { result: values.map((value) => ({ metric: {}, value: [at / 1000, String(value)] })) } });
}

const RECORDED = '../shared/domain/answers/loki';
export const whyNothingRecorded = existsSync(RECORDED) ? undefined : `${RECORDED} is missing here`;

/** What Loki 3.7.8 really answered. */
export function recorded(name: string): HttpAnswer {
  if (!name.endsWith('.json')) return http(200, readFileSync(`${RECORDED}/${name}`, 'utf8'));
  const { status, body } = JSON.parse(readFileSync(`${RECORDED}/${name}`, 'utf8'));
  return http(status, body);
}

export function minutesAgo(minutes: number): string {
  return new Date(NOW.getTime() - minutes * 60_000).toISOString();
}

function manifest({
  name = 'it',
  namespace = 'monitoring',
  labels,
  annotations,
  ownerReferences,
  creationTimestamp,
  deletionTimestamp,
  finalizers,
  generation,
  ...fields
}: Record<string, unknown>): Manifest {
  const metadata = { name, namespace, labels, annotations, ownerReferences, creationTimestamp, deletionTimestamp, finalizers, generation };
  return JSON.parse(JSON.stringify({ apiVersion: 'v1', kind: 'Anything', metadata, ...fields }));
}
