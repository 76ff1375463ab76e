import type { Commit } from './change.ts';
import type { Manifest, ObjectRef, Permission, Scope, ServiceRef } from './kubernetes.ts';

/** What to look at, as data. An observer knows how; `decode` turns its answer into a type. */
export interface Read<T> {
  /** How a message names it: "StatefulSet monitoring/loki". */
  readonly subject: string;
  readonly request: Request;
  /** Derived by the constructor of the read from its request, never written by hand. */
  readonly permissions: readonly Permission[];
  /** Watched while waiting; absent: bounded polling. */
  readonly wakes?: Scope;
  /** @throws Unreadable when the answer is not what this read understands: the check becomes unknown */
  decode(answer: Answer): T;
}

// biome-ignore lint/suspicious/noExplicitAny: a record of reads of different types has no narrower type
export type Reads = Readonly<Record<string, Read<any>>>;
export type Seen<R extends Reads> = { readonly [K in keyof R]: R[K] extends Read<infer T> ? T : never };

export type Request =
  | { readonly of: 'object'; readonly ref: ObjectRef }
  | ListRequest
  | LogsRequest
  /** Which keys a Secret has. Of its values only the ones named in `reveal`, which are no secrets (an endpoint's address), leave the adapter. */
  | { readonly of: 'secret'; readonly namespace: string; readonly name: string; readonly reveal: readonly string[] }
  | HttpRequest
  /** The API server itself: "/version". */
  | { readonly of: 'api'; readonly path: string }
  | S3Request
  | GitRequest;

export interface ListRequest {
  readonly of: 'list';
  readonly scope: Scope;
  readonly selector?: string;
  /** The paths of the fields that are wanted ("spec.containers.name"): the rest is dropped page by page, so that a long list takes little memory. */
  readonly fields?: readonly string[];
}

/** The last lines that a container wrote, as the kubelet has them: what looks like a credential does not leave the adapter, nor the end of a long line. */
export interface LogsRequest {
  readonly of: 'logs';
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  /** Seconds back from now; absent: all that is kept. */
  readonly since?: number;
  /** Of the lines since then only so many, the last ones. */
  readonly tail: number;
  /** Of the container that ran before the last restart. */
  readonly previous?: true;
}

/** HTTP to a service inside the cluster, over the API server's service proxy. */
export interface HttpRequest {
  readonly of: 'http';
  readonly service: ServiceRef;
  readonly method?: 'GET' | 'HEAD' | 'POST';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Asked so often, one after the other, to time it; until it answers with anything but 200. */
  readonly times?: number;
  /** Log in for a session cookie first (Grafana): the proxy drops Authorization. */
  readonly login?: SecretKeys;
}

/** A Secret and which of its keys hold the two halves of a credential. */
export interface SecretKeys {
  readonly namespace: string;
  readonly name: string;
  readonly user: string;
  readonly password: string;
}

/** A bucket as somebody with its credentials sees it. */
export interface BucketRef {
  /** A service of the cluster, asked through the API server; or the address of a store outside of it, asked from here. */
  readonly endpoint: ServiceRef | string;
  /** Whether its name stands in the path of a request, or in the host. */
  readonly pathStyle: boolean;
  readonly region: string;
  readonly name: string;
  readonly credentials: SecretKeys;
}

export interface S3Request {
  readonly of: 's3';
  readonly bucket: BucketRef;
  /** `newest`: a list, with the contents of those of its objects that were modified last. */
  readonly operation: 'head-bucket' | 'get' | 'list' | 'newest';
  /** The key for get, the prefix for list. */
  readonly key?: string;
  /** How many contents of the newest objects are wanted. */
  readonly count?: number;
  /** Sign with a secret that is certainly wrong: the answer has to be a refusal. */
  readonly wrongSecret?: boolean;
  /** Not to sign at all: what it makes of a stranger shows whether it speaks S3. Of a store outside of the cluster only. */
  readonly unsigned?: boolean;
}

export type GitRequest =
  /** Is the remote reachable, is the branch there, would a push be accepted? */
  | { readonly of: 'git'; readonly look: 'remote' }
  /** The same without asking about a push: cheap enough to be asked again and again while waiting. */
  | { readonly of: 'git'; readonly look: 'tip' }
  /** What stands in the checkout and not at the remote. */
  | { readonly of: 'git'; readonly look: 'checkout' }
  /** The files below these paths at the remote's tip; `endings`: only those whose names end so. */
  | { readonly of: 'git'; readonly look: 'files'; readonly paths: readonly string[]; readonly endings?: readonly string[] }
  /** Where the remote's tip is not what a commit of these would have made of it, and who changed that last. */
  | ({ readonly of: 'git'; readonly look: 'differences' } & Pick<Commit, 'files' | 'edits'>);

export type Answer =
  | ObjectAnswer
  | ListAnswer
  | LogsAnswer
  | SecretAnswer
  | HttpAnswer
  | S3Answer
  | RemoteAnswer
  | CheckoutAnswer
  | FilesAnswer
  | DifferencesAnswer;

/** `undefined`: the API server says that it does not exist. */
export interface ObjectAnswer {
  readonly of: 'object';
  readonly object: Manifest | undefined;
}
/** `served` is false when the API server does not know the resource: its CRD is not installed. */
export interface ListAnswer {
  readonly of: 'list';
  readonly served: boolean;
  readonly items: readonly Manifest[];
}
/** `lines` is undefined when there is no such pod or container, or it has not started yet. */
export interface LogsAnswer {
  readonly of: 'logs';
  readonly lines: readonly string[] | undefined;
}
/** `keys` is undefined when there is no such Secret. */
export interface SecretAnswer {
  readonly of: 'secret';
  readonly keys: readonly string[] | undefined;
  readonly revealed: Readonly<Record<string, string>>;
}
/** Also the answer of `api` requests. `date` is the server's Date header, `at` the local time it came in. */
export interface HttpAnswer {
  readonly of: 'http';
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  readonly date?: string;
  /** Milliseconds from sending to the whole answer: of each time that it was asked. */
  readonly took: readonly number[];
}
export interface S3Answer {
  readonly of: 's3';
  readonly status: number;
  /** S3's own error code: "NoSuchBucket". */
  readonly code?: string;
  readonly body?: string;
  /** Where the bucket is, as a refusal may say. */
  readonly region?: string;
  readonly objects?: readonly S3Object[];
}
export interface S3Object {
  readonly key: string;
  readonly size: number;
  readonly modified: string;
  /** Only where it was asked for. */
  readonly body?: string;
}
export interface RemoteAnswer {
  readonly of: 'remote';
  readonly remote: string;
  readonly branch: string;
  /** The branch's commit at the remote; absent: no such branch. */
  readonly tip?: string;
  /** Git's own words when the remote can't be reached or refuses a push. */
  readonly unreachable?: string;
  readonly pushRefused?: string;
}
/** Paths from the repository's top. */
export interface CheckoutAnswer {
  readonly of: 'checkout';
  /** Differ from the last commit, or are not in it. */
  readonly edited: readonly string[];
  /** Changed by commits of the checked-out branch that the remote's does not have. */
  readonly unpushed: readonly string[];
}
export interface FilesAnswer {
  readonly of: 'files';
  readonly tip: string;
  readonly files: Readonly<Record<string, string>>;
}
export interface DifferencesAnswer {
  readonly of: 'differences';
  readonly tip: string;
  readonly differences: readonly FileDifference[];
}
export interface FileDifference {
  readonly file: string;
  /** `outdated`: as it was generated, but something else is wanted now. `edited`: by somebody else, since or at all. */
  readonly state: 'missing' | 'edited' | 'outdated';
  /** The value in a user's own file: "spec.values.a". */
  readonly at?: string;
  /** The last commit that touched the file; absent when none did. */
  readonly last?: { readonly commit: string; readonly by: string; readonly at: string; readonly subject: string };
}

/** @throws Error when the observer gave another kind of answer than was asked for: a bug */
export function answerOf<K extends Answer['of']>(answer: Answer, of: K): Extract<Answer, { of: K }> {
  if (answer.of !== of) throw new Error(`a ${of} was asked for, and a ${answer.of} came`);
  return answer as Extract<Answer, { of: K }>;
}
