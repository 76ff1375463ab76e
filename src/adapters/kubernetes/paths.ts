import { type ObjectRef, type Scope, type ServiceRef, scopeOf } from '#model/kubernetes.ts';

/** "/apis/apps/v1/namespaces/monitoring/statefulsets" */
export function pathOfScope(scope: Scope): string {
  const group = scope.group === '' ? `/api/${scope.version}` : `/apis/${scope.group}/${scope.version}`;
  const namespace = scope.namespace === undefined ? '' : `/namespaces/${encodeURIComponent(scope.namespace)}`;
  return `${group}${namespace}/${scope.resource}`;
}

export function pathOfObject(ref: ObjectRef): string {
  return `${pathOfScope(scopeOf(ref))}/${encodeURIComponent(ref.name)}`;
}

/** What follows it is the service's own path. Port numbers only: names are another's choice. */
export function pathOfProxy(service: ServiceRef): string {
  const name = `${encodeURIComponent(service.name)}:${service.port}`;
  return `/api/v1/namespaces/${encodeURIComponent(service.namespace)}/${service.pod ? 'pods' : 'services'}/${name}/proxy`;
}
