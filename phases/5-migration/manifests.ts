import { archiveJobName, archivePrefix } from '#checks/airflow.ts';
import type { Edit } from '#model/change.ts';
import type { Airflow, Environment } from '#model/environment.ts';
import type { Manifest } from '#model/kubernetes.ts';
import { bucketClaim } from '../1-infrastructure/manifests.ts';
import { appOf, type Files, kustomizationFile, render } from '../repository.ts';

export const DOCUMENT = 'docs/logging/airflow.md';

/** Task logs go to S3 as well: Airflow's own page does not read Loki, and without this finished tasks would show none. */
export function remoteLogging(airflow: Airflow): readonly Edit[] {
  const at = ['spec', 'values', 'config', 'logging'];
  return [
    { file: airflow.file, at: [...at, 'remote_logging'], set: 'True' },
    { file: airflow.file, at: [...at, 'remote_base_log_folder'], set: `s3://${airflow.archive.name}/remote` },
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

/** Copies the claim's files into the bucket and writes down how many there were: the check counts them anew. */
export function archiveJob(airflow: Airflow, { storage }: Environment): Manifest {
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
                { name: 'RCLONE_CONFIG_TARGET_TYPE', value: 's3' },
                { name: 'RCLONE_CONFIG_TARGET_PROVIDER', value: 'Ceph' },
                { name: 'RCLONE_CONFIG_TARGET_ENDPOINT', value: storage.endpoint },
                { name: 'RCLONE_CONFIG_TARGET_REGION', value: bucket.region },
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

const ARCHIVE_SCRIPT = [
  'rclone copy /logs "target:$ARCHIVE_BUCKET/$ARCHIVE_PREFIX"',
  'files=$(find /logs -type f | wc -l)',
  "bytes=$(find /logs -type f -exec stat -c %s {} + | awk '{sum += $1} END {print sum + 0}')",
  'printf \'{"files":%d,"bytes":%d}\' "$files" "$bytes" | rclone rcat "target:$ARCHIVE_BUCKET/$ARCHIVE_PREFIX/MANIFEST.json"',
].join('\n');

export function airflowDocument(airflow: Airflow, { loki, gates }: Environment): string {
  const { namespace, claim } = airflow;
  return `# Airflow's logs

- New lines are in Loki: \`{namespace="${namespace}"}\`, kept for ${loki.retention}.
- Finished tasks' logs open in Airflow's own page, from \`s3://${airflow.archive.name}/remote\` (connection \`airflow_logs\`, to be made once in Airflow from Secret \`${namespace}/${airflow.archive.credentials.name}\`).
- What lay on claim \`${namespace}/${claim}\` is archived below \`s3://${airflow.archive.name}/${archivePrefix(airflow)}/\`; \`MANIFEST.json\` there says how many files and bytes it held.
- The claim is removed ${gates.decommission} after the archive was verified, with an approval. Until then \`logs.persistence.enabled: true\` in \`${airflow.file}\` brings it back.
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
