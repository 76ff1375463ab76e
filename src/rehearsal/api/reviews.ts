import type { Tree } from '../tree.ts';
import type { Store } from '../world.ts';
import { allows, allowsPath, type User } from './authorize.ts';
import { timestamp } from './store.ts';

/** What a client may do, and who it is: the two reviews about oneself. Undefined for any other resource. */
export function review(store: Store, user: User, resource: string, body: string, now: Date): object | undefined {
  if (resource === 'authorization.k8s.io/v1/selfsubjectaccessreviews') return reviewAccess(store, user, JSON.parse(body));
  if (resource === 'authentication.k8s.io/v1/selfsubjectreviews') return reviewUser(user, now);
  return undefined;
}

function reviewAccess(store: Store, user: User, { spec }: Tree): object {
  const { resourceAttributes: asked, nonResourceAttributes: path } = spec;
  const subresource = asked?.subresource ? `/${asked.subresource}` : '';
  const allowed =
    asked === undefined
      ? allowsPath(user, path.path)
      : allows(store, user, {
          verb: asked.verb,
          group: asked.group ?? '',
          resource: `${asked.resource}${subresource}`,
          namespace: asked.namespace || undefined,
          name: asked.name || undefined,
        });
  return { kind: 'SelfSubjectAccessReview', apiVersion: 'authorization.k8s.io/v1', metadata: {}, spec, status: { allowed } };
}

function reviewUser({ username, uid, groups }: User, now: Date): object {
  const metadata = { creationTimestamp: timestamp(now) };
  return { kind: 'SelfSubjectReview', apiVersion: 'authentication.k8s.io/v1', metadata, status: { userInfo: { username, uid, groups } } };
}
