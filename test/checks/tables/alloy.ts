import { componentsAreHealthy, configIsLoaded, nothingIsDropped, pipelineIsLimited } from '#checks/alloy.ts';
import { alloyConfig } from '#phases/3-alloy/config.ts';
import { ALLOY, absent, ENVIRONMENT, failed, http, met, noEndpoints, object, pending, table, unreadable } from '../support.ts';

const metrics = (text: string) => ({ metrics: http(200, text) });
const component = (localID: string, state = 'healthy', message = '') => ({ localID, health: { state, message } });
const CONFIG = alloyConfig(ENVIRONMENT);
const config = (text: string) => ({ config: object({ data: { 'config.alloy': text } }) });
const written = 'loki_write_sent_entries_total{component_id="loki.write.loki"} 1200\n';

export default [
  table(configIsLoaded(ALLOY), metrics('alloy_config_last_load_successful 1\n'), 'alloy_config_last_load_successful 1', [
    pending('not there', { metrics: noEndpoints }, '/metrics at monitoring/alloy:12345 answers 503'),
    pending('not loaded yet', metrics('other 1\n'), 'is not there'),
    failed(
      'a wrong component name',
      metrics('alloy_config_last_load_successful{a="b"} 0\n'),
      'previous',
      'daemonset/alloy',
      'config.alloy in Git',
    ),
  ]),
  table(componentsAreHealthy(ALLOY), { components: http(200, [component('loki.write.loki')]) }, '1 components healthy', [
    pending('not there', { components: noEndpoints }, '503'),
    pending(
      'one is ill',
      { components: http(200, [component('a'), component('b', 'unhealthy', 'no such host')]) },
      '1 of 2',
      'b: no such host',
    ),
    pending('one has ended', { components: http(200, [component('a', 'exited')]) }, 'a: exited', 'kubectl logs'),
    failed('none', { components: http(200, []) }, 'runs no component', 'ConfigMap monitoring/alloy-config', 'kubectl get configmap'),
    unreadable('an unstable format', { components: http(200, { components: [] }) }, '/api/v0/web/components'),
  ]),
  table(nothingIsDropped(ALLOY), metrics(`${written}loki_write_dropped_entries_total{reason="ingester_error"} 0\n`), '1200 entries sent', [
    pending('not there', { metrics: noEndpoints }, '503'),
    pending('nothing sent, nothing dropped', metrics(''), 'no entry sent yet', 'kubectl logs'),
    failed(
      'Loki refused some',
      metrics(`${written}loki_write_dropped_entries_total{reason="a"} 2\nloki_write_dropped_entries_total{reason="b"} 3\n`),
      '5 entries dropped, 1200 sent',
      'monitoring/alloy:12345',
      'loki_discarded_samples_total',
    ),
  ]),
  table(pipelineIsLimited(ALLOY), config(CONFIG), 'rate 500, 1 namespaces left out', [
    pending('not there', { config: absent }, 'no config.alloy'),
    pending('another key', { config: object({ data: {} }) }, 'no config.alloy'),
    failed('another rate', config(CONFIG.replace('= 500', '= 5000')), 'rate 5000', 'the goals say 500', 'environment.alloy.rateLimit'),
    failed('no limit', config(''), 'rate none', 'ConfigMap monitoring/alloy-config', 'environment.alloy.rateLimit'),
    failed(
      'not left out',
      config(CONFIG.replace('"kube-system"', '"kube-system-2"')),
      'leaves out kube-system',
      'environment.alloy.excluded',
    ),
    failed(
      'kept instead of dropped',
      config(CONFIG.replace('"drop"', '"keep"')),
      'leaves out kube-system',
      'environment.alloy.excludedNamespaces',
    ),
    met('among others', config(CONFIG.replace('"kube-system"', '"default|kube-system"'))),
  ]),
];
