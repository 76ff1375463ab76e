import pLimit from 'p-limit';
import type { Permission } from '#model/kubernetes.ts';
import type { AccessReviewer } from '#model/ports.ts';
import { type Kubernetes, parseReply } from './connect.ts';
import { readFailure } from './failures.ts';

const PATH = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
const AT_ONCE = 8;

export function createAccessReviewer(kubernetes: Kubernetes): AccessReviewer {
  return {
    async denied(permissions, signal) {
      const limit = pLimit(AT_ONCE);
      const allowed = await Promise.all(permissions.map((permission) => limit(() => isAllowed(kubernetes, permission, signal))));
      return permissions.filter((_, index) => !allowed[index]);
    },
  };
}

/** @throws Unobserved, Unreadable */
async function isAllowed(kubernetes: Kubernetes, permission: Permission, signal: AbortSignal): Promise<boolean> {
  const [resource, subresource] = permission.resource.split('/');
  const resourceAttributes = {
    verb: permission.verb,
    group: permission.group,
    resource,
    ...(subresource !== undefined && { subresource }),
    ...(permission.namespace !== undefined && { namespace: permission.namespace }),
    ...(permission.name !== undefined && { name: permission.name }),
  };
  const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: { resourceAttributes } };
  const reply = await kubernetes.request('POST', PATH, { body, signal, repeatable: true });
  if (reply.status !== 201 && reply.status !== 200) throw readFailure(reply, 'asking for our permissions');
  const status = parseReply(reply, 'SelfSubjectAccessReview').status as { allowed?: boolean } | undefined;
  return status?.allowed === true;
}
