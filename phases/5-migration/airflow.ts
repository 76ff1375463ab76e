import { archiveIsComplete, archiveJobName, readArchiveTime, readManifest } from '#checks/airflow-archive.ts';
import { claimIsGone, claimIsKept, claimIsRecorded, nothingMounts, readClaim, volumeIsRetained } from '#checks/airflow-claim.ts';
import { remoteLoggingRuns, taskLogsAreInLoki } from '#checks/airflow-logs.ts';
import { claimIsBound } from '#checks/bucket-claim.ts';
import { documentIsThere } from '#checks/documents.ts';
import { kustomizationIsApplied } from '#checks/flux.ts';
import { bucketIsReachable } from '#checks/s3.ts';
import { workloadsAreRolledOut } from '#checks/workloads.ts';
import type { Change, Derive, Step } from '#model/change.ts';
import type { Approval, Check, Soak } from '#model/check.ts';
import type { Airflow, Environment } from '#model/environment.ts';
import type { Permission } from '#model/kubernetes.ts';
import { type Objective, objective } from '#model/phase.ts';
import { isApplied } from '../applied.ts';
import { appOf, deliver, listApps } from '../repository.ts';
import { airflowDocument, archiveFiles, archiveJob, DOCUMENT, remoteLogging, WITHOUT_CLAIMS, withoutClaims } from './manifests.ts';

const APPLIED = 'flux.airflow-applied';

/** Its workloads run with what Flux has applied, where that is looked at, too. */
export function airflowIsRolledOut({ namespace, release }: Airflow): Check {
  return workloadsAreRolledOut({
    id: 'airflow.rolled-out',
    namespace,
    selector: `release=${release}`,
    setting: 'environment.airflow',
    after: [APPLIED],
  });
}

/** Off the claim in steps, each resumable, with a way back until the last: record, dual run, parity, archive, approval, soak, removal. */
export function migrateAirflow(airflow: Airflow | null, environment: Environment): Objective {
  if (airflow === null) return objective('5.1', 'Airflow Migration', { skipped: 'there is no Airflow here', deliverables: [] });
  const { gitops, loki, prometheus } = environment;
  const applied = kustomizationIsApplied(APPLIED, airflow.kustomization, gitops);
  const rolledOut = airflowIsRolledOut(airflow);
  const inLoki = taskLogsAreInLoki(airflow, loki);
  const remote = remoteLoggingRuns(airflow);
  const archived = archiveIsComplete(airflow);
  return objective('5.1', 'Airflow Migration', {
    rollback: {
      loses: Object.keys(archiveFiles(airflow, environment)).length > 0 ? [`bucket ${airflow.archive.name}`] : [],
      needs: [claimIsKept(airflow)],
      proves: [applied, rolledOut],
    },
    get steps(): readonly Step[] {
      return [
        { do: 'await', what: rolledOut },
        { do: 'await', what: claimIsRecorded(airflow, prometheus) },
        ...bucketSteps(airflow, environment),
        ...deliver(
          gitops,
          'Airflow logs to S3 as well as to its claim',
          { [DOCUMENT]: airflowDocument(airflow, environment) },
          applied,
          remoteLogging(airflow),
        ),
        { do: 'await', what: remote },
        { do: 'await', what: rolledOut },
        { do: 'await', what: inLoki },
        archive(airflow, environment),
        { do: 'await', what: archived },
        { do: 'await', what: volumeIsRetained(airflow) },
        { do: 'await', what: approval(airflow) },
        { do: 'await', what: soak(airflow, environment) },
        ...deliver(gitops, WITHOUT_CLAIMS, {}, applied, withoutClaims(airflow)),
        { do: 'await', what: rolledOut },
        ...beforeRemoval(airflow).map((what): Step => ({ do: 'await', what })),
        removeClaim(airflow),
      ];
    },
    deliverables: [
      { title: 'Reconfigure Airflow for stdout logging', validations: [applied, rolledOut, remote, inLoki] },
      { title: 'Validate historical log access', validations: [archived] },
      { title: 'Plan PVC decommission', validations: [claimIsGone(airflow)] },
      { title: 'Update documentation', validations: [documentIsThere('airflow.document', DOCUMENT)] },
    ],
  });
}

/** An existing bucket is only looked at; a claimed one is claimed first. */
function bucketSteps(airflow: Airflow, environment: Environment): readonly Step[] {
  const { credentials } = airflow.archive;
  const reachable = bucketIsReachable(airflow.archive, 'airflow.bucket-reachable');
  const files = archiveFiles(airflow, environment);
  if (Object.keys(files).length === 0) return [{ do: 'await', what: reachable }];
  const app = appOf(environment, 'airflow-logs');
  return [
    ...deliver(
      environment.gitops,
      `claim bucket ${airflow.archive.name} for Airflow's logs`,
      files,
      isApplied(app, environment),
      listApps(environment, [app]),
    ),
    { do: 'await', what: claimIsBound('airflow.bucket-bound', credentials.namespace, credentials.name, environment.storage) },
    { do: 'await', what: reachable },
  ];
}

/** Only while there is a claim and no finished archive of it: a second run must not copy an empty claim over the first archive. */
function archive(airflow: Airflow, environment: Environment): Derive {
  const reads = { claim: readClaim(airflow), manifest: readManifest(airflow) };
  const derive: Derive<typeof reads> = {
    do: 'derive',
    title: `Archive claim ${airflow.namespace}/${airflow.claim}`,
    reads,
    permissions: on(airflow, 'batch', 'jobs', archiveJobName(airflow), ['get', 'create', 'patch', 'delete']),
    changes: ({ claim, manifest }) =>
      claim === undefined || manifest !== undefined
        ? []
        : [{ do: 'apply', object: archiveJob(airflow, environment, claim.spec.resources.requests.storage ?? '0') }],
  };
  return derive;
}

/** What has to hold in the moment of removal, whatever was shown before the soak. */
function beforeRemoval(airflow: Airflow): readonly Check[] {
  return [archiveIsComplete(airflow), volumeIsRetained(airflow), nothingMounts(airflow)];
}

/** All is looked at once more, in the same step that removes: on any doubt nothing is. */
function removeClaim(airflow: Airflow): Derive {
  const { namespace, claim: name } = airflow;
  const checks = beforeRemoval(airflow);
  return {
    do: 'derive',
    title: `Remove claim ${namespace}/${name}`,
    reads: Object.assign({}, ...checks.map(({ reads }) => reads)),
    permissions: [
      ...on(airflow, '', 'persistentvolumeclaims', name, ['get', 'delete']),
      ...on(airflow, 'batch', 'jobs', archiveJobName(airflow), ['get', 'delete']),
    ],
    changes: (seen): readonly Change[] => {
      // None of them looks at the clock.
      if (checks.some((check) => check.judge(seen, new Date(0)).state !== 'met')) return [];
      const job: Change = { do: 'remove', object: { apiVersion: 'batch/v1', kind: 'Job', namespace, name: archiveJobName(airflow) } };
      const claim: Change = { do: 'remove', object: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name } };
      return seen.claim === undefined ? [job] : [job, claim];
    },
  };
}

function approval({ namespace, claim }: Airflow): Approval {
  return { gate: 'approval', id: 'airflow.removal-approved', of: `Removal of claim ${namespace}/${claim}` };
}

/** One retention window beside the archive, in which the way back stays open. Other work need not wait for it. */
function soak(airflow: Airflow, { gates, loki }: Environment): Soak {
  return {
    gate: 'soak',
    id: 'airflow.decommission-soak',
    title: `Airflow runs for ${gates.decommission} beside its archive`,
    for: gates.decommission,
    began: readArchiveTime(airflow),
    quiet: [],
    atEnd: [taskLogsAreInLoki(airflow, loki), archiveIsComplete(airflow)],
    guards: claimIsGone(airflow),
    nonBlocking: true,
  };
}

/** By name, except for creating: a name is not yet known to the API server then. */
function on(
  { namespace }: Airflow,
  group: string,
  resource: string,
  name: string,
  verbs: readonly Permission['verb'][],
): readonly Permission[] {
  return verbs.map((verb) => ({ verb, group, resource, namespace, ...(verb === 'create' ? {} : { name }) }));
}
