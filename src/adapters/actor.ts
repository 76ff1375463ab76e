import os from 'node:os';
import { Unobserved, Unreadable } from '#model/errors.ts';
import type { Actor } from '#model/event.ts';
import { gitIn } from './git/run.ts';
import { type Kubernetes, parseReply } from './kubernetes/connect.ts';

const REVIEW = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };

/** Who we are to the API server, to Git and to this machine. Not to be told is no reason to stop. */
export async function findActor(kubernetes: Kubernetes, checkout: string, signal: AbortSignal): Promise<Actor> {
  const [user, git] = await Promise.all([askServer(kubernetes, signal), askGit(checkout, signal)]);
  const known = user ?? kubernetes.userName;
  return { ...(known && { user: known }), ...(git && { git }), host: os.hostname(), account: accountName() };
}

/** undefined: it has no such review (before Kubernetes 1.28), or does not let us ask. */
async function askServer(kubernetes: Kubernetes, signal: AbortSignal): Promise<string | undefined> {
  try {
    const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
    const reply = await kubernetes.request('POST', path, { body: REVIEW, signal, repeatable: true });
    if (reply.status !== 201) return undefined;
    const { userInfo } = (parseReply(reply, REVIEW.kind).status ?? {}) as { userInfo?: { username?: unknown } };
    return typeof userInfo?.username === 'string' ? userInfo.username : undefined;
  } catch (error) {
    if (error instanceof Unobserved || error instanceof Unreadable) return undefined;
    throw error;
  }
}

async function askGit(checkout: string, signal: AbortSignal): Promise<string | undefined> {
  const { failed, stdout } = await gitIn(checkout)(['var', 'GIT_COMMITTER_IDENT'], { signal });
  return failed ? undefined : stdout.trim().replace(/ \d+ [+-]\d{4}$/, '');
}

/** In a container the user may have a number only. */
function accountName(): string {
  try {
    return os.userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}
