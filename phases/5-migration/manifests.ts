import { archiveJobName, archivePrefix } from '#checks/airflow-archive.ts';
import { remoteFolder } from '#checks/airflow-logs.ts';
import { parseQuantity } from '#checks/quantity.ts';
import type { Edit } from '#model/change.ts';
import type { Airflow, Environment } from '#model/environment.ts';
import type { Manifest } from '#model/kubernetes.ts';
import { bucketClaim } from '../1-infrastructure/manifests.ts';
import { appOf, type Files, kustomizationFile, render } from '../repository.ts';

export const DOCUMENT = 'docs/logging/airflow.md';
/** Subject of the commit whose revert is the way back. */
export const WITHOUT_CLAIMS = 'Airflow without log claims';

/** Task logs go to S3 as well: Airflow's own page does not read Loki, and without this finished tasks would show none. */
export function remoteLogging(airflow: Airflow): readonly Edit[] {
  const at = ['spec', 'values', 'config', 'logging'];
  return [
    { file: airflow.file, at: [...at, 'remote_logging'], set: 'True' },
    { file: airflow.file, at: [...at, 'remote_base_log_folder'], set: remoteFolder(airflow) },
    { file: airflow.file, at: [...at, 'remote_log_conn_id'], set: 'airflow_logs' },
  ];
}

/** A bucket of Airflow's own, claimed in its own namespace: a Secret of another namespace can't be read by its pods. */
export function archiveFiles(airflow: Airflow, environment: Environment): Files {
  const { storage } = environment;
  if (storage.bucketFrom !== 'object-bucket-claim') return {};
  const app = appOf(environment, 'airflow-logs');
  const claim = bucketClaim(airflow.namespace, airflow.archive.credentials.name, airflow.archive.name, storage.storageClass);
  return { ...kustomizationFile(app, environment, airflow.namespace), [`${app.directory}/app/bucket.yaml`]: render(claim) };
}

/** Switched off by name: deleting the block brings the chart's default back, a claim of 100Gi. */
export function withoutClaims(airflow: Airflow): readonly Edit[] {
  return ['logs', 'triggerer', 'workers'].map((component) => ({
    file: airflow.file,
    at: ['spec', 'values', component, 'persistence', 'enabled'],
    set: false,
  }));
}

/**
 * Writes down which files the claim has, copies those into the bucket, and says at last that it is done: the check lists them anew.
 * @param size of the claim, kept beside the archive: nobody else knows it once the claim is gone
 */
export function archiveJob(airflow: Airflow, { storage }: Environment, size: string): Manifest {
  const bucket = airflow.archive;
  const name = archiveJobName(airflow);
  const key = (variable: string, from: string) => ({
    name: variable,
    valueFrom: { secretKeyRef: { name: bucket.credentials.name, key: from } },
  });
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace: airflow.namespace, labels: { 'app.kubernetes.io/managed-by': 'anton-logging' } },
    spec: {
      backoffLimit: 3,
      template: {
        metadata: { labels: { 'app.kubernetes.io/name': name } },
        spec: {
          restartPolicy: 'Never',
          automountServiceAccountToken: false,
          containers: [
            {
              name: 'archive',
              image: 'docker.io/rclone/rclone:1.71.2',
              command: ['sh', '-ec', ARCHIVE_SCRIPT],
              env: [
                { name: 'ARCHIVE_BUCKET', value: bucket.name },
                { name: 'ARCHIVE_PREFIX', value: archivePrefix(airflow) },
                { name: 'ARCHIVE_CLAIM_BYTES', value: String(parseQuantity(size)) },
                { name: 'RCLONE_CONFIG_TARGET_TYPE', value: 's3' },
                { name: 'RCLONE_CONFIG_TARGET_PROVIDER', value: bucket.pathStyle ? 'Ceph' : 'AWS' },
                { name: 'RCLONE_CONFIG_TARGET_ENDPOINT', value: storage.endpoint },
                { name: 'RCLONE_CONFIG_TARGET_REGION', value: bucket.region },
                // Else it makes the bucket first, which outside few keys may.
                ...(typeof bucket.endpoint === 'string' ? [{ name: 'RCLONE_CONFIG_TARGET_NO_CHECK_BUCKET', value: 'true' }] : []),
                key('RCLONE_CONFIG_TARGET_ACCESS_KEY_ID', bucket.credentials.user),
                key('RCLONE_CONFIG_TARGET_SECRET_ACCESS_KEY', bucket.credentials.password),
              ],
              volumeMounts: [{ name: 'logs', mountPath: '/logs', readOnly: true }],
            },
          ],
          volumes: [{ name: 'logs', persistentVolumeClaim: { claimName: airflow.claim, readOnly: true } }],
        },
      },
    },
  };
}

/** A file that was written to within the hour is still growing; what ends now goes to the bucket by Airflow's own remote logging. */
const ARCHIVE_SCRIPT = [
  'target="target:$ARCHIVE_BUCKET/$ARCHIVE_PREFIX"',
  'cd /logs',
  "find . -type f -mmin +60 -exec stat -c '%s %n' {} + | sed 's| \\./| |' > /tmp/inventory",
  'rclone copyto /tmp/inventory "$target/INVENTORY.txt"',
  "cut -d ' ' -f 2- /tmp/inventory > /tmp/files",
  'rclone copy --files-from-raw /tmp/files --no-traverse /logs "$target"',
  'files=$(wc -l < /tmp/inventory)',
  'bytes=$(awk \'{sum += $1} END {printf "%.0f", sum}\' /tmp/inventory)',
  'printf \'{"files":%d,"bytes":%s,"claimBytes":%s}\' "$files" "$bytes" "$ARCHIVE_CLAIM_BYTES" | rclone rcat "$target/MANIFEST.json"',
].join('\n');

export function airflowDocument(airflow: Airflow, { loki, gates, gitops, storage }: Environment): string {
  const { namespace, release, claim, archive } = airflow;
  const { credentials } = archive;
  const { source } = gitops;
  const secret = (key: string) => `$(kubectl get secret -n ${namespace} ${credentials.name} -o jsonpath='{.data.${key}}' | base64 -d)`;
  return `# Airflow's logs

- New lines are in Loki: \`{namespace="${namespace}"}\`, kept for ${loki.retention}.
- Finished tasks' logs open in Airflow's own page, from \`${remoteFolder(airflow)}\` with the connection \`airflow_logs\`.
- What lay on claim \`${namespace}/${claim}\` is archived below \`s3://${archive.name}/${archivePrefix(airflow)}/\`: \`INVENTORY.txt\` there names its files with their bytes, \`MANIFEST.json\` counts them.
- The claim is removed ${gates.decommission} after the archive was made, with an approval.

## The connection

To be made once; Airflow keeps it in its database:

\`\`\`sh
kubectl exec -n ${namespace} deploy/${release}-scheduler -- airflow connections add airflow_logs --conn-type aws \\
  --conn-login "${secret(credentials.user)}" --conn-password "${secret(credentials.password)}" \\
  --conn-extra '{"endpoint_url": "${storage.endpoint}", "region_name": "${archive.region}"}'
\`\`\`

## The way back

Until the claim is removed, one commit decides whether Airflow mounts it. To bring it back:

\`\`\`sh
git pull ${gitops.remote} ${gitops.branch}
git revert --no-edit "$(git log -1 --format=%H --grep='^${WITHOUT_CLAIMS}$')"
git push ${gitops.remote} HEAD:${gitops.branch}
flux reconcile source git -n ${source.namespace} ${source.name}
\`\`\`

Once the claim is gone its volume is still there, as it is kept (\`Retain\`): find it with
\`kubectl get pv | grep ${namespace}/${claim}\`, take \`spec.claimRef\` out of it, make a claim
\`${claim}\` with \`spec.volumeName\` set to its name, and then revert as above.
`;
}

export const RECORDED = ['namespace:log_lines:rate5m', 'namespace:log_bytes:rate5m', 'namespace:log_errors:rate5m'] as const;
/** A rule over errors records nothing while there are none. */
export const ALWAYS_RECORDED = RECORDED.slice(0, 2);

/** The sidecar takes ConfigMaps with label loki_rule to the folder of the annotation; `fake` is the tenant of `auth_enabled: false`. */
export function recordingRules(environment: Environment): Files {
  const groups = [
    {
      name: 'log-volume',
      interval: '1m',
      rules: [
        { record: RECORDED[0], expr: 'sum by (namespace) (rate({namespace=~".+"}[5m]))' },
        { record: RECORDED[1], expr: 'sum by (namespace) (bytes_rate({namespace=~".+"}[5m]))' },
      ],
    },
    {
      name: 'log-levels',
      interval: '1m',
      rules: [{ record: RECORDED[2], expr: 'sum by (namespace) (rate({namespace=~".+"} | detected_level=~"error|critical|fatal" [5m]))' }],
    },
  ];
  const rules = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: 'loki-recording-rules',
      namespace: environment.loki.namespace,
      labels: { loki_rule: 'true' },
      annotations: { 'k8s-sidecar-target-directory': '/rules/fake' },
    },
    data: { 'recording-rules.yaml': render({ groups }) },
  };
  return { [`${appOf(environment, 'loki').directory}/app/rules.yaml`]: render(rules) };
}
