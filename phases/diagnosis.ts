import { archiveJobName } from '#checks/airflow-archive.ts';
import { whyNotDelivered, whyPodsFail } from '#checks/diagnosis.ts';
import { type Diagnosis, isGate, type Validation } from '#model/check.ts';
import type { Environment } from '#model/environment.ts';
import type { ObjectRef } from '#model/kubernetes.ts';
import type { Objective, Phase } from '#model/phase.ts';
import { chartRef, claimName, repositoryRef } from './1-infrastructure/manifests.ts';
import { releaseRef } from './release.ts';
import { appOf } from './repository.ts';

/** Where the cause of a red check is looked for, by its id; the first that fits counts. */
const LOOKS: readonly (readonly [RegExp, (environment: Environment, match: string) => Diagnosis | undefined])[] = [
  [/^flux\.(.+)-applied$/, whyNotApplied],
  [/^flux\.(loki|alloy)-chart/, whyNoChart],
  [/^s3\.claim/, whyNoClaim],
  [/^s3\./, whyNoSecret],
  [/^loki\./, whyNoLoki],
  [/^(?:alloy|logs)\./, whyNoAlloy],
  [/^airflow\.archive/, whyNoArchive],
];

/** The phase, with each check told where its cause is to be looked for when it ends red. */
export function explained(phase: Phase): Phase {
  return {
    ...phase,
    for: (environment) => {
      const explain = <V extends Validation>(validation: V) => explainValidation(validation, environment);
      const { preconditions, objectives } = phase.for(environment);
      return { preconditions: preconditions.map(explain), objectives: objectives.map((one) => explainObjective(one, explain)) };
    },
  };
}

/** Steps stay a getter: they render manifests, which whoever only looks at names and checks does not need. */
function explainObjective(objective: Objective, explain: <V extends Validation>(validation: V) => V): Objective {
  const { steps, ...rest } = Object.getOwnPropertyDescriptors(objective);
  const deliverables = objective.deliverables.map((one) => ({ ...one, validations: one.validations.map(explain) }));
  const taken = () => objective.steps?.map((step) => (step.do === 'await' ? { ...step, what: explain(step.what) } : step));
  return Object.defineProperties({} as Objective, {
    ...rest,
    ...(steps === undefined ? {} : { steps: { get: taken, enumerable: true } }),
    deliverables: { value: deliverables, enumerable: true },
  });
}

function explainValidation<V extends Validation>(validation: V, environment: Environment): V {
  if (isGate(validation)) return validation;
  const fit = LOOKS.map(([ids, look]) => ({ found: ids.exec(validation.id), look })).find(({ found }) => found !== null);
  const diagnosis = fit?.look(environment, fit.found?.[1] ?? '');
  return diagnosis === undefined ? validation : { ...validation, diagnosis };
}

function whyNotApplied(environment: Environment, app: string): Diagnosis | undefined {
  const { gitops, airflow } = environment;
  const kustomization = app === 'airflow' ? airflow?.kustomization : appOf(environment, app).kustomization;
  return kustomization === undefined ? undefined : whyNotDelivered({ gitops, kustomization });
}

function whyNoChart(environment: Environment, name: string): Diagnosis {
  const app = name as 'loki' | 'alloy';
  const { namespace, chart } = environment[app];
  const objects = [repositoryRef(namespace, app), chartRef(namespace, chart.name)];
  return whyNotDelivered({ gitops: environment.gitops, kustomization: appOf(environment, app).kustomization, objects });
}

function whyNoClaim(environment: Environment): Diagnosis {
  return whyNotDelivered({ gitops: environment.gitops, kustomization: appOf(environment, 'loki-storage').kustomization });
}

/** A Secret that is there already is nothing that we deliver. */
function whyNoSecret(environment: Environment): Diagnosis | undefined {
  const { gitops, storage, loki } = environment;
  if (storage.secretFrom === 'existing') return undefined;
  const external = (kind: string, name: string): ObjectRef => ({
    apiVersion: 'external-secrets.io/v1',
    kind,
    namespace: loki.namespace,
    name,
  });
  const objects = [external('SecretStore', claimName()), external('ExternalSecret', storage.bucket.credentials.name)];
  const { kustomization } = appOf(environment, 'loki-storage');
  return whyNotDelivered({ gitops, kustomization, ...(storage.secretFrom === 'external-secret' ? { objects } : {}) });
}

function whyNoLoki(environment: Environment): Diagnosis {
  const { namespace, name } = environment.loki;
  return whyNotReleased(environment, 'loki', namespace, name);
}

function whyNoAlloy(environment: Environment): Diagnosis {
  const { namespace, name } = environment.alloy;
  return whyNotReleased(environment, 'alloy', namespace, name);
}

function whyNotReleased(environment: Environment, app: string, namespace: string, name: string): Diagnosis {
  const { gitops } = environment;
  const pods = { namespace, selector: `app.kubernetes.io/instance=${name}` };
  const { kustomization } = appOf(environment, app);
  return whyNotDelivered({ gitops, kustomization, objects: [releaseRef(namespace, name)], pods });
}

function whyNoArchive({ airflow }: Environment): Diagnosis | undefined {
  if (airflow === null) return undefined;
  return whyPodsFail({ namespace: airflow.namespace, selector: `job-name=${archiveJobName(airflow)}` });
}
