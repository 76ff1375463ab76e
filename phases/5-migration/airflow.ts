import {
  archiveIsComplete,
  archiveJobName,
  claimIsGone,
  nothingMounts,
  readArchiveTime,
  readClaim,
  readManifest,
  taskLogsAreInLoki,
} from '#checks/airflow.ts';
import { documentIsThere } from '#checks/documents.ts';
import { kustomizationIsApplied } from '#checks/flux.ts';
import { bucketIsReachable, claimIsBound } from '#checks/s3.ts';
import type { Change, Derive, Step } from '#model/change.ts';
import type { Approval, Soak } from '#model/check.ts';
import type { Airflow, Environment } from '#model/environment.ts';
import type { Permission } from '#model/kubernetes.ts';
import { type Objective, objective } from '#model/phase.ts';
import { isApplied } from '../applied.ts';
import { appOf, deliver, listApps } from '../repository.ts';
import { airflowDocument, archiveFiles, archiveJob, DOCUMENT, remoteLogging, withoutClaims } from './manifests.ts';

/** Off the claim in steps, each resumable, with a way back until the last: dual run, parity, archive, approval, soak, removal. */
export function migrateAirflow(airflow: Airflow | null, environment: Environment): Objective {
  if (airflow === null) return objective('5.1', 'Airflow Migration', { skipped: 'there is no Airflow here', deliverables: [] });
  const { gitops, loki } = environment;
  const applied = kustomizationIsApplied('flux.airflow-applied', airflow.kustomization, gitops);
  const inLoki = taskLogsAreInLoki(airflow, loki);
  const archived = archiveIsComplete(airflow);
  return objective('5.1', 'Airflow Migration', {
    get steps(): readonly Step[] {
      return [
        ...bucketSteps(airflow, environment),
        ...deliver(
          gitops,
          'Airflow logs to S3 as well as to its claim',
          { [DOCUMENT]: airflowDocument(airflow, environment) },
          applied,
          remoteLogging(airflow),
        ),
        { do: 'await', what: inLoki },
        archive(airflow, environment),
        { do: 'await', what: archived },
        { do: 'await', what: approval(airflow) },
        { do: 'await', what: soak(airflow, environment) },
        ...deliver(gitops, 'Airflow without log claims', {}, applied, withoutClaims(airflow)),
        { do: 'await', what: nothingMounts(airflow) },
        removeClaim(airflow, environment),
      ];
    },
    deliverables: [
      { title: 'Reconfigure Airflow for stdout logging', validations: [applied, inLoki] },
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
  return {
    do: 'derive',
    title: `Archive claim ${airflow.namespace}/${airflow.claim}`,
    reads: { claim: readClaim(airflow), manifest: readManifest(airflow) },
    permissions: on(airflow, 'batch', 'jobs', archiveJobName(airflow), ['get', 'create', 'patch', 'delete']),
    changes: ({ claim, manifest }): readonly Change[] =>
      claim === undefined || manifest !== undefined ? [] : [{ do: 'apply', object: archiveJob(airflow, environment) }],
  };
}

/** The archive is looked at once more, in the same step that removes: on any doubt nothing is. */
function removeClaim(airflow: Airflow, _environment: Environment): Derive {
  const { namespace, claim: name } = airflow;
  const archived = archiveIsComplete(airflow);
  return {
    do: 'derive',
    title: `Remove claim ${namespace}/${name}`,
    reads: { claim: readClaim(airflow), ...archived.reads },
    permissions: [
      ...on(airflow, '', 'persistentvolumeclaims', name, ['get', 'delete']),
      ...on(airflow, 'batch', 'jobs', archiveJobName(airflow), ['get', 'delete']),
    ],
    changes: ({ claim, ...seen }): readonly Change[] => {
      const job: Change = { do: 'remove', object: { apiVersion: 'batch/v1', kind: 'Job', namespace, name: archiveJobName(airflow) } };
      const isSafe = archived.judge(seen as never, new Date(0)).state === 'met';
      if (claim === undefined || !isSafe) return [job];
      return [job, { do: 'remove', object: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name } }];
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
    quiet: [taskLogsAreInLoki(airflow, loki), archiveIsComplete(airflow)],
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
