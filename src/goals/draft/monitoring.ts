import type { Survey, SurveyedCluster, SurveyedService } from '#model/survey.ts';
import { type Choice, choose, type Finding, found, guessed, pathOf, settle } from './finding.ts';

type Prometheus = NonNullable<SurveyedCluster['prometheuses']>[number];

/** One that takes the ruler's series, then one that has a Grafana beside it. */
export function choosePrometheus(cluster: SurveyedCluster): Choice<Prometheus> | undefined {
  const grafanas = cluster.services.filter(isGrafana).map(({ namespace }) => namespace);
  return choose(
    cluster.prometheuses ?? [],
    pathOf,
    ({ takesRemoteWrites, namespace }) => (takesRemoteWrites ? 2 : 0) + Number(grafanas.includes(namespace)),
  );
}

/** One beside the Prometheus. */
export function chooseGrafana(cluster: SurveyedCluster): Choice<SurveyedService> | undefined {
  const namespace = choosePrometheus(cluster)?.chosen.namespace;
  return choose(cluster.services.filter(isGrafana), pathOf, (each) => Number(each.namespace === namespace));
}

export function draftPrometheus({ cluster }: Survey): readonly Finding[] {
  const choice = choosePrometheus(cluster);
  if (choice === undefined) {
    const what =
      cluster.prometheuses === undefined
        ? 'the cluster has no Prometheus Operator (monitoring.coreos.com/v1)'
        : 'there is no Prometheus of the operator';
    return [found('/prometheus', null, `${what}: what needs one is skipped`)];
  }
  return [draftPrometheusService(cluster, choice), draftRelease(choice.chosen)];
}

export function draftGrafana({ cluster, grafanaKeys }: Survey): readonly Finding[] {
  const choice = chooseGrafana(cluster);
  if (choice === undefined) return [found('/grafana', null, 'there is no Service of Grafana: what needs one is skipped')];
  const service = choice.chosen;
  const port = (service.ports.find(({ name }) => /^(http|service|web|http-web)$/.test(name)) ?? service.ports[0])?.port ?? 80;
  return [
    settle(choice, '/grafana/service', `${pathOf(service)}:${port}`, `Service ${pathOf(service)}`),
    ...(draftLoginOfPods(cluster, service) ?? draftLoginByName(service, grafanaKeys)),
  ];
}

function draftPrometheusService({ services }: SurveyedCluster, choice: Choice<Prometheus>): Finding {
  const { chosen } = choice;
  const { namespace, name, takesRemoteWrites } = chosen;
  const source = `Prometheus ${pathOf(chosen)}${takesRemoteWrites ? ', which takes remote writes' : ''}`;
  const remedy = takesRemoteWrites
    ? undefined
    : 'set prometheus.prometheusSpec.enableRemoteWriteReceiver: true in the values of kube-prometheus-stack: Loki records into it';
  const pointer = '/prometheus/service';
  const service = choose(
    services.filter((each) => each.namespace === namespace),
    pathOf,
    (each) =>
      each.name === name ? 3 : each.selector['operator.prometheus.io/name'] === name ? 2 : Number(each.name === 'prometheus-operated'),
  )?.chosen;
  const isItsOwn =
    service !== undefined &&
    (service.name === name || service.selector['operator.prometheus.io/name'] === name || service.name === 'prometheus-operated');
  if (!isItsOwn)
    return guessed(
      pointer,
      `${namespace}/prometheus-operated:9090`,
      `as the operator calls the service of ${source}: none was found`,
      remedy,
    );
  const port = service.ports.find((each) => /^(http-)?web$/.test(each.name) || each.port === 9090) ?? service.ports[0];
  return settle(choice, pointer, `${pathOf(service)}:${port?.port ?? 9090}`, `Service ${pathOf(service)} of ${source}`, remedy);
}

function draftRelease(prometheus: Prometheus): Finding {
  const { selects, labels } = prometheus;
  const pointer = '/prometheus/release';
  const own = labels.release ?? 'kube-prometheus-stack';
  const source = `Prometheus ${pathOf(prometheus)}`;
  if (selects !== undefined && Object.keys(selects).length === 0)
    return found(pointer, own, `${source} selects every ServiceMonitor, whatever its labels`);
  const others = Object.entries(selects ?? {}).filter(([label]) => label !== 'release');
  if (selects?.release !== undefined && others.length === 0)
    return found(pointer, selects.release, `${source} selects ServiceMonitors by it`);
  const wanted = others.map(([label, value]) => `${label}: ${value}`).join(', ');
  const why =
    selects === undefined ? `${source} does not select ServiceMonitors by plain labels` : `${source} selects ServiceMonitors by ${wanted}`;
  const remedy =
    'give ServiceMonitors and rules the labels that it selects by: monitoring.serviceMonitor.labels, monitoring.rules.labels and ' +
    'monitoring.alerts.labels in environment.loki.values, serviceMonitor.additionalLabels in environment.alloy.values';
  return guessed(pointer, selects?.release ?? own, why, remedy);
}

function isGrafana({ name, labels, ports }: SurveyedService): boolean {
  const isCalledSo = labels['app.kubernetes.io/name'] === 'grafana' || /(^|-)grafana$/.test(name);
  return isCalledSo && ports.length > 0;
}

/** Where its pods take the login from. */
function draftLoginOfPods({ workloads }: SurveyedCluster, { namespace, selector, name }: SurveyedService): readonly Finding[] | undefined {
  const workload = workloads.find(
    (each) => each.namespace === namespace && Object.entries(selector).every(([key, value]) => each.podLabels[key] === value),
  );
  const [user, password] = ['GF_SECURITY_ADMIN_USER', 'GF_SECURITY_ADMIN_PASSWORD'].map((variable) =>
    workload?.secretVariables.find((each) => each.variable === variable),
  );
  if (user === undefined || password === undefined || user.secret !== password.secret) return undefined;
  const from = `the pods of ${namespace}/${name} take it from there`;
  return [
    found('/grafana/login/secret', user.secret, from),
    found('/grafana/login/user', user.key, from),
    found('/grafana/login/password', password.key, from),
  ];
}

/** As Grafana's chart calls the Secret and its keys. */
function draftLoginByName({ namespace, name }: SurveyedService, keys: readonly string[] | undefined): readonly Finding[] {
  const pointer = '/grafana/login/secret';
  if (['admin-user', 'admin-password'].every((key) => keys?.includes(key))) {
    return [found(pointer, name, `Secret ${namespace}/${name} has the keys admin-user and admin-password`)];
  }
  const why =
    keys === undefined
      ? `Secret ${namespace}/${name} is not there, or may not be read`
      : `Secret ${namespace}/${name} has other keys: ${keys.join(', ')}`;
  return [guessed(pointer, name, why, 'name the Secret with an administrator of Grafana, and its keys in login.user and login.password')];
}
