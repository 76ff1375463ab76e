interface Pattern {
  readonly kind: RegExp;
  readonly path: RegExp;
  readonly why: string;
}

/** Fields that nobody can change, or that mean nothing in the embedded cluster: nobody there could tell. */
const MEANINGLESS: readonly Pattern[] = [
  {
    kind: /./,
    path: /^metadata\.labels\.(kustomize\.toolkit\.fluxcd\.io|helm\.sh|app\.kubernetes\.io\/(managed-by|version|part-of))/,
    why: 'labels that only their writer reads',
  },
  {
    kind: /./,
    path: /imagePullPolicy|terminationGracePeriod|revisionHistoryLimit|securityContext|serviceAccount|livenessProbe|readinessProbe/i,
    why: 'what a kubelet does with a container: none runs there',
  },
  { kind: /^Service$/, path: /^spec\.(type|ports\.\d+\.(name|protocol))/, why: 'how a port is reached from elsewhere, or called' },
  { kind: /^(Role|RoleBinding|ServiceAccount)$/, path: /./, why: 'rights inside the cluster: the embedded External Secrets reads without' },
  {
    kind: /./,
    path: /^spec\.(interval|retryInterval|refreshInterval)$/,
    why: 'how often Flux looks: the embedded one looks after each write',
  },
  {
    kind: /^(Deployment|StatefulSet|DaemonSet)$/,
    path: /^spec\.(selector|template\.metadata\.labels)\./,
    why: 'what its API refuses to change: a selector, and labels that no longer fit it',
  },
  { kind: /^(StorageClass|Secret)$/, path: /^(provisioner|parameters|reclaimPolicy|type)\b/, why: 'what its API refuses to change' },
  { kind: /./, path: /^spec\.template\.metadata\.annotations\./, why: 'what only restarts pods, and changes nothing of what they run' },
];

/** Why a field is not examined; undefined: it is. */
export function findSkip(kind: string, path: string): string | undefined {
  return MEANINGLESS.find((each) => each.kind.test(kind) && each.path.test(path))?.why;
}
