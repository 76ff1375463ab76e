import type { Survey, SurveyedCluster, SurveyedService } from '#model/survey.ts';
import { type Choice, choose, type Finding, found, guessed, pathOf, settle } from './finding.ts';

type Store = NonNullable<SurveyedCluster['objectStores']>[number];
type StorageClass = SurveyedCluster['storageClasses'][number];

const BUCKET = 'loki-logs';
const MAKE_BUCKET =
  `make bucket ${BUCKET}, and in the namespace of Loki the Secret loki-s3-credentials ` +
  'with the keys access_key_id, secret_access_key, endpoint, bucket and region';
/** Servers of S3 that run in clusters, by their label app.kubernetes.io/name or app. */
const SERVERS = ['minio', 'garage', 'seaweedfs-s3', 'seaweedfs', 'ceph-rgw', 'rook-ceph-rgw', 'zenko-cloudserver'];

export function draftStorage({ cluster }: Survey): readonly Finding[] {
  const classes = cluster.storageClasses.filter(isForBuckets);
  const choice = choose(
    cluster.objectStores ?? [],
    pathOf,
    (store) => (store.isReady ? 2 : 0) + Number(classes.some((each) => serves(each, store))),
  );
  return [...(choice === undefined ? withoutRook(cluster) : withRook(cluster, choice, classes)), draftExternalSecrets(cluster)];
}

/** For Loki's volume: the default as Kubernetes takes it, else one of Ceph's block devices, else the first that makes volumes. */
export function draftVolumeClass({ storageClasses }: SurveyedCluster): Finding {
  const pointer = '/loki/persistence/storageClass';
  // Of several defaults the newest is used: https://kubernetes.io/docs/concepts/storage/storage-classes/#default-storageclass
  const [newest, ...others] = storageClasses
    .filter(({ isDefault }) => isDefault)
    .toSorted((a, b) => Date.parse(b.created) - Date.parse(a.created) || Number(a.name > b.name) - 0.5);
  if (newest !== undefined) {
    const also = others.length === 0 ? '' : `, the newest of ${others.length + 1}, which Kubernetes takes`;
    return found(pointer, newest.name, `it is the default StorageClass${also}`);
  }
  const volumes = storageClasses.filter((each) => !isForBuckets(each) && each.provisioner !== 'kubernetes.io/no-provisioner');
  const choice = choose(
    volumes,
    ({ name }) => name,
    ({ provisioner }) => Number(provisioner.includes('rbd.csi.')),
  );
  if (choice === undefined) return guessed(pointer, 'ceph-block', 'no StorageClass makes volumes here', 'install one, and name it there');
  const { name, provisioner } = choice.chosen;
  const block = provisioner.includes('rbd.csi.') ? "of Ceph's block devices" : 'that makes volumes';
  const also = choice.equals.length === 0 ? '' : ` (so could be ${choice.equals.join(', ')})`;
  return guessed(pointer, name, `no StorageClass is the default; the first ${block} is taken${also}`);
}

function withRook({ cephClusters }: SurveyedCluster, choice: Choice<Store>, classes: readonly StorageClass[]): readonly Finding[] {
  const store = choice.chosen;
  const source = `CephObjectStore ${pathOf(store)}`;
  const ceph = choose(
    (cephClusters ?? []).filter(({ namespace }) => namespace === store.namespace),
    pathOf,
    () => 0,
  );
  const cluster =
    ceph === undefined
      ? guessed('/storage/rook/cluster', store.namespace, `no CephCluster is in ${store.namespace}`)
      : settle(ceph, '/storage/rook/cluster', ceph.chosen.name, `CephCluster ${pathOf(ceph.chosen)}`);
  return [
    settle(choice, '/storage/rook/namespace', store.namespace, source),
    cluster,
    settle(choice, '/storage/rook/objectStore', store.name, `${source}${store.isReady ? ', Ready' : ', not Ready'}`),
    draftEndpoint(store, source),
    ...draftClaims(store, classes),
  ];
}

function draftEndpoint({ namespace, name, endpoint, port = 80 }: Store, source: string): Finding {
  const pointer = '/storage/endpoint';
  if (endpoint !== undefined && /^https?:\/\/[^/.]+\.[^/.]+\.svc(\.cluster\.local)?(:\d+)?$/.test(endpoint)) {
    return found(pointer, endpoint, `the status of ${source}`);
  }
  return guessed(
    pointer,
    `http://rook-ceph-rgw-${name}.${namespace}.svc:${port}`,
    `as Rook calls the gateway's service: ${source} reports no address`,
  );
}

function draftClaims(store: Store, classes: readonly StorageClass[]): readonly Finding[] {
  const choice = choose(
    classes,
    ({ name }) => name,
    (each) => (serves(each, store) ? 2 : says(each) ? 0 : 1),
  );
  const from = '/storage/bucket/from';
  if (choice === undefined) {
    const why = 'no StorageClass makes buckets (provisioner …ceph.rook.io/bucket)';
    return [guessed('/storage/bucket/name', BUCKET, 'a name of ours', MAKE_BUCKET), guessed(from, 'existing', why, MAKE_BUCKET)];
  }
  const { name } = choice.chosen;
  const isOfStore = serves(choice.chosen, store);
  const why = isOfStore
    ? `it makes buckets in ${pathOf(store)}`
    : `it makes buckets${says(choice.chosen) ? ', in another store by its parameters' : ''}`;
  const storageClass = settle(choice, '/storage/storageClass', name, why);
  return [
    says(choice.chosen) && !isOfStore ? { ...storageClass, guessed: true } : storageClass,
    guessed('/storage/bucket/name', BUCKET, 'a name of ours: the claim makes the bucket'),
    found(from, 'object-bucket-claim', `StorageClass ${name} makes buckets`),
  ];
}

function withoutRook({ services, objectStores }: SurveyedCluster): readonly Finding[] {
  const servers = services.filter(
    (each) => SERVERS.includes(serverOf(each)) && each.ports.length > 0 && !/console|headless|hl$/.test(each.name),
  );
  const choice = choose(servers, pathOf, (each) => Number(portOf(each) !== undefined));
  const pointer = '/storage/endpoint';
  const rook = found(
    '/storage/rook',
    null,
    objectStores === undefined ? 'the cluster has no Rook (ceph.rook.io/v1)' : 'there is no CephObjectStore',
  );
  const bucket = [
    guessed('/storage/bucket/name', BUCKET, 'a name of ours', MAKE_BUCKET),
    found('/storage/bucket/from', 'existing', 'without Rook there is no claim for a bucket'),
    guessed('/storage/secret/name', 'loki-s3-credentials', 'a name of ours', MAKE_BUCKET),
  ];
  if (choice === undefined) {
    const remedy =
      "name the object store's address: of one in the cluster its Service, http://SERVICE.NAMESPACE.svc:PORT; of one outside as it is, https://s3.eu-central-1.amazonaws.com or https://HOST:PORT";
    return [rook, guessed(pointer, 'http://minio.minio.svc:9000', 'no object store was recognised', remedy), ...bucket];
  }
  const { chosen, equals } = choice;
  const port = portOf(chosen) ?? chosen.ports[0]?.port;
  const also = equals.length === 0 ? '' : `; ${equals.join(', ')} could be it, too: the first by name is taken`;
  return [
    rook,
    guessed(
      pointer,
      `http://${chosen.name}.${chosen.namespace}.svc:${port}`,
      `Service ${pathOf(chosen)} looks like an object store${also}`,
    ),
    ...bucket,
  ];
}

function draftExternalSecrets({ secretStores }: SurveyedCluster): Finding {
  return secretStores === undefined
    ? found('/externalSecrets', null, 'the cluster has no External Secrets (external-secrets.io/v1)')
    : found('/externalSecrets', {}, 'the API server serves external-secrets.io/v1');
}

function serverOf({ labels }: SurveyedService): string {
  return labels['app.kubernetes.io/name'] ?? labels.app ?? '';
}

/** The console of MinIO has a port of its own. */
function portOf({ ports }: SurveyedService): number | undefined {
  return ports.find(({ name, port }) => /s3|api|minio$|^http$/.test(name) || port === 9000)?.port;
}

function isForBuckets({ provisioner }: StorageClass): boolean {
  return provisioner.endsWith('ceph.rook.io/bucket');
}

function says({ parameters }: StorageClass): boolean {
  return parameters.objectStoreName !== undefined;
}

function serves({ parameters }: StorageClass, { namespace, name }: Store): boolean {
  return parameters.objectStoreName === name && (parameters.objectStoreNamespace ?? namespace) === namespace;
}
