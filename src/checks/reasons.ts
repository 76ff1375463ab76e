/** What a reason of Kubernetes or Flux means: whether waiting helps, how often it is tried again, what mends it. */
export interface Reason {
  readonly of: Subject;
  readonly reason: string;
  /** What its message has to say, where the same word has several meanings. */
  readonly says?: string;
  /** `starting`: part of coming up. `retried`: may pass by itself. `terminal`: waiting is in vain until somebody acts, though it may be tried again. */
  readonly ends: 'starting' | 'retried' | 'terminal';
  /** Who tries it again, how often and how long. */
  readonly again: string;
  /** What somebody can do. {namespace}, {name} and {container} stand for those of the object. */
  readonly remedy: string;
  /** Where that is written. */
  readonly source: string;
}

/** Where in the API the word stands: a container's state, a condition of its kind, an event. */
export type Subject = 'waiting' | 'terminated' | 'pod' | 'event' | 'HelmRelease' | 'Kustomization' | 'source' | 'ExternalSecret';

const AGAIN = {
  container: 'by the kubelet, after 10 s, doubled up to 5 min, for ever',
  image: 'by the kubelet, doubled up to 5 min, for ever',
  volume: 'by the kubelet, doubled up to 2 min, for ever',
  pods: 'by its controller, with a pause that grows up to 1000 s',
  release: 'by helm-controller, as often as spec.install and spec.upgrade.remediation.retries say',
  changed: 'not before its values or its chart change, or somebody resets it',
  manifests: 'by kustomize-controller, every spec.retryInterval',
  fetch: 'by source-controller, with a growing pause up to spec.interval',
  provision: 'by the provisioner, with a growing pause',
  dependency: 'when what it waits for is ready',
};

const DESCRIBE = 'kubectl describe pod -n {namespace} {name}';
const REMEDY = {
  describe: DESCRIBE,
  log: 'mend what its log says: kubectl logs -n {namespace} {name} -c {container} --previous',
  probe: 'see why it does not answer its probe: kubectl logs -n {namespace} {name} -c {container}',
  image: `see name and tag of the image in the values, and the registry's credentials (imagePullSecrets): ${DESCRIBE}`,
  config: `make the Secret or ConfigMap that it names, with its key (kubectl get secret,externalsecret -n {namespace}): ${DESCRIBE}`,
  command: `see its command in the values: ${DESCRIBE}`,
  memory:
    'raise the memory limit of container {container} in the values, commit, and resume: kubectl top pod -n {namespace} {name} --containers',
  node: 'make room, or lift what keeps it off the nodes (requests, taints, selectors, claims): kubectl describe node',
  mount: `make what can't be mounted (FailedMount tells it): ${DESCRIBE}`,
  security:
    'allow it in the namespace, in Git where that is: kubectl label namespace {namespace} pod-security.kubernetes.io/enforce=privileged --overwrite',
  quota: 'raise the quota, or ask for less in the values: kubectl describe resourcequota -n {namespace}',
  refused: 'mend what refuses its pods: kubectl get events -n {namespace} --field-selector reason=FailedCreate',
  provisioner: 'see whether the provisioner of its StorageClass runs and has room: kubectl describe pvc -n {namespace} {name}',
  storageClass: 'name a StorageClass that exists in the values, or make one the default: kubectl get storageclass',
  reset: 'mend the cause, then: flux reconcile helmrelease -n {namespace} {name} --reset',
  values: 'mend in Git what it says: flux get helmrelease -n {namespace} {name}',
  chart: 'flux get source chart -n {namespace}',
  manifests: 'flux logs --kind=Kustomization --name={name} -n {namespace}; mend what it says in Git, then resume',
  dependency: 'flux get all -n {namespace}',
  git: 'mend what it says, then: flux reconcile source git -n {namespace} {name}',
  secret: "make what it can't get, then: kubectl annotate externalsecret -n {namespace} {name} force-sync=now --overwrite",
};

const DOCS = 'https://kubernetes.io/docs';
const CODE = 'https://github.com/kubernetes/kubernetes/blob/master/pkg';
const FLUX = 'https://fluxcd.io/flux/components';
const SOURCE = {
  pod: `${DOCS}/concepts/workloads/pods/pod-lifecycle/`,
  image: `${DOCS}/concepts/containers/images/#imagepullbackoff`,
  images: `${CODE}/kubelet/images/types.go`,
  container: `${CODE}/kubelet/kuberuntime/kuberuntime_container.go`,
  run: `${CODE}/kubelet/container/sync_result.go`,
  memory: `${DOCS}/tasks/configure-pod-container/assign-memory-resource/#exceed-a-container-s-memory-limit`,
  scheduler: `${CODE}/scheduler/backend/queue/scheduling_queue.go`,
  eviction: `${DOCS}/concepts/scheduling-eviction/node-pressure-eviction/`,
  security: `${DOCS}/concepts/security/pod-security-admission/`,
  quota: `${DOCS}/concepts/policy/resource-quotas/`,
  create: `${CODE}/controller/controller_utils.go`,
  kubelet: `${CODE}/kubelet/events/event.go`,
  volume: `${CODE}/controller/volume/events/event.go`,
  release: `${FLUX}/helm/helmreleases/#configuring-failure-handling`,
  releases: 'https://github.com/fluxcd/helm-controller/blob/main/api/v2/condition_types.go',
  kustomization: 'https://github.com/fluxcd/kustomize-controller/blob/main/api/v1/condition_types.go',
  git: 'https://github.com/fluxcd/source-controller/blob/main/api/v1/condition_types.go',
  chart: `${FLUX}/source/helmcharts/`,
  secret: 'https://external-secrets.io/latest/api/externalsecret/',
};

/** The table. Of several rows for the same word the first whose message fits counts. */
export const REASONS: readonly Reason[] = [
  row('waiting', '', 'starting', 'within seconds', REMEDY.describe, SOURCE.pod),
  row('waiting', 'ContainerCreating', 'starting', AGAIN.volume, REMEDY.mount, SOURCE.pod),
  row('waiting', 'PodInitializing', 'starting', 'when its init containers are done', REMEDY.describe, SOURCE.pod),
  row('waiting', 'CrashLoopBackOff', 'terminal', AGAIN.container, REMEDY.log, SOURCE.pod),
  row('waiting', 'ImagePullBackOff', 'terminal', AGAIN.image, REMEDY.image, SOURCE.image),
  row('waiting', 'ErrImagePull', 'terminal', AGAIN.image, REMEDY.image, SOURCE.images),
  row('waiting', 'InvalidImageName', 'terminal', AGAIN.image, REMEDY.image, SOURCE.images),
  row('waiting', 'ErrImageNeverPull', 'terminal', AGAIN.image, REMEDY.image, SOURCE.images),
  row('waiting', 'CreateContainerConfigError', 'retried', AGAIN.container, REMEDY.config, SOURCE.container),
  row('waiting', 'CreateContainerError', 'retried', AGAIN.container, REMEDY.describe, SOURCE.container),
  row('waiting', 'RunContainerError', 'retried', AGAIN.container, REMEDY.command, SOURCE.run),
  row('terminated', 'OOMKilled', 'terminal', AGAIN.container, REMEDY.memory, SOURCE.memory),
  row('terminated', 'StartError', 'retried', AGAIN.container, REMEDY.command, SOURCE.run),
  row('terminated', 'Error', 'retried', AGAIN.container, REMEDY.log, SOURCE.pod),
  row('pod', 'Unschedulable', 'retried', 'by the scheduler, on every change, else every 5 min', REMEDY.node, SOURCE.scheduler),
  row('pod', 'Evicted', 'retried', 'by its controller, with another pod', REMEDY.node, SOURCE.eviction),
  { ...row('event', 'FailedCreate', 'retried', AGAIN.pods, REMEDY.security, SOURCE.security), says: 'violates PodSecurity' },
  { ...row('event', 'FailedCreate', 'retried', AGAIN.pods, REMEDY.quota, SOURCE.quota), says: 'exceeded quota' },
  row('event', 'FailedCreate', 'retried', AGAIN.pods, REMEDY.refused, SOURCE.create),
  row('event', 'FailedMount', 'retried', AGAIN.volume, REMEDY.mount, SOURCE.kubelet),
  row('event', 'FailedAttachVolume', 'retried', AGAIN.volume, REMEDY.mount, SOURCE.kubelet),
  row('event', 'Unhealthy', 'retried', 'by the kubelet, every periodSeconds of the probe', REMEDY.probe, SOURCE.kubelet),
  { ...row('event', 'ProvisioningFailed', 'retried', AGAIN.provision, REMEDY.storageClass, SOURCE.volume), says: 'storageclass' },
  row('event', 'ProvisioningFailed', 'retried', AGAIN.provision, REMEDY.provisioner, SOURCE.volume),
  row('event', 'ExternalProvisioning', 'retried', AGAIN.provision, REMEDY.provisioner, SOURCE.volume),
  row('event', 'FailedBinding', 'retried', 'by the volume controller, every 15 s', REMEDY.storageClass, SOURCE.volume),
  row('event', 'WaitForFirstConsumer', 'starting', 'when its pod is scheduled', REMEDY.node, SOURCE.volume),
  row('HelmRelease', 'RetriesExceeded', 'terminal', AGAIN.changed, REMEDY.reset, SOURCE.release),
  row('HelmRelease', 'InstallFailed', 'retried', AGAIN.release, REMEDY.values, SOURCE.releases),
  row('HelmRelease', 'UpgradeFailed', 'retried', AGAIN.release, REMEDY.values, SOURCE.releases),
  row('HelmRelease', 'TestFailed', 'retried', AGAIN.release, REMEDY.values, SOURCE.releases),
  row('HelmRelease', 'RollbackSucceeded', 'retried', AGAIN.release, REMEDY.values, SOURCE.releases),
  row('HelmRelease', 'RollbackFailed', 'retried', AGAIN.release, REMEDY.values, SOURCE.releases),
  row('HelmRelease', 'ArtifactFailed', 'retried', AGAIN.dependency, REMEDY.chart, SOURCE.releases),
  row('HelmRelease', 'SourceNotReady', 'retried', AGAIN.dependency, REMEDY.chart, SOURCE.release),
  row('HelmRelease', 'DependencyNotReady', 'retried', AGAIN.dependency, REMEDY.dependency, SOURCE.releases),
  row('Kustomization', 'BuildFailed', 'terminal', AGAIN.manifests, REMEDY.manifests, SOURCE.kustomization),
  row('Kustomization', 'ReconciliationFailed', 'terminal', AGAIN.manifests, REMEDY.manifests, SOURCE.kustomization),
  row('Kustomization', 'PruneFailed', 'terminal', AGAIN.manifests, REMEDY.manifests, SOURCE.kustomization),
  row('Kustomization', 'HealthCheckFailed', 'terminal', AGAIN.manifests, REMEDY.manifests, SOURCE.kustomization),
  row('Kustomization', 'ArtifactFailed', 'retried', AGAIN.manifests, REMEDY.dependency, SOURCE.kustomization),
  row('Kustomization', 'DependencyNotReady', 'retried', AGAIN.dependency, REMEDY.dependency, SOURCE.kustomization),
  row('source', 'GitOperationFailed', 'retried', AGAIN.fetch, REMEDY.git, SOURCE.git),
  row('source', 'AuthenticationFailed', 'retried', AGAIN.fetch, REMEDY.git, SOURCE.git),
  row('source', 'InvalidChartReference', 'terminal', AGAIN.fetch, REMEDY.chart, SOURCE.chart),
  row('ExternalSecret', 'SecretSyncedError', 'retried', 'by External Secrets, with a growing pause', REMEDY.secret, SOURCE.secret),
];

/** What the table says of a reason; undefined: it is not known. */
export function findReason(of: Subject, reason: string, message = ''): Reason | undefined {
  return REASONS.find((one) => one.of === of && one.reason === reason && message.includes(one.says ?? ''));
}

/** Whether waiting is in vain: what is not known may pass. */
export function isTerminal(of: Subject, reason: string): boolean {
  return findReason(of, reason)?.ends === 'terminal';
}

export interface Place {
  readonly namespace: string;
  readonly name: string;
  readonly container?: string;
}

/** What mends the reason there, to be pasted. */
export function remedyAt({ remedy }: Reason, { namespace, name, container = '' }: Place): string {
  return remedy.replaceAll('{namespace}', namespace).replaceAll('{name}', name).replaceAll('{container}', container);
}

function row(of: Subject, reason: string, ends: Reason['ends'], again: string, remedy: string, source: string): Reason {
  return { of, reason, ends, again, remedy, source };
}
