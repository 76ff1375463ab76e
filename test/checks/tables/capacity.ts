import { capacitySuffices, quotaSuffices } from '#checks/capacity.ts';
import { failed, list, met, table, unreadable } from '../support.ts';

const node = (name: string, rest: Record<string, unknown> = {}, memory = '8Gi') => ({
  name,
  spec: {},
  status: { allocatable: { cpu: '4', memory } },
  ...rest,
});
const pod = (requests: Record<string, string>, rest: Record<string, unknown> = {}) => ({
  name: 'other',
  spec: { nodeName: 'k8s-1', containers: [{ name: 'it', resources: { requests } }] },
  status: { phase: 'Running' },
  ...rest,
});
const release = (instance: string, rest: Record<string, unknown> = {}) => ({ labels: { 'app.kubernetes.io/instance': instance }, ...rest });
const quota = (hard: Record<string, string>, used: Record<string, string>, name = 'compute') => ({
  name,
  spec: { hard },
  status: { used },
});
const demand = { releases: ['loki', 'alloy'], namespace: 'monitoring', memory: '3Gi', cpu: '1', largest: '1Gi' };

export default [
  table(
    capacitySuffices(demand),
    { nodes: list(node('k8s-1')), pods: list(pod({ cpu: '500m', memory: '1Gi' })) },
    '3.5 CPU and 7Gi are not requested',
    [
      failed(
        'total memory is not free memory',
        { pods: list(pod({ memory: '6Gi' })) },
        '4.0 CPU and 2Gi',
        'asks for 1 CPU and 3Gi',
        'k8s-1: 4.0 CPU and 2Gi are not requested',
        'environment.loki.memory and environment.loki.caches, or add a node',
      ),
      failed('no CPU is left', { pods: list(pod({ cpu: '3001m' })) }, '1.0 CPU', 'add a node'),
      met('just enough', { pods: list(pod({ cpu: '3', memory: '5Gi' })) }, '1.0 CPU and 3Gi'),
      met(
        'what is rolled out counts as free',
        { pods: list(pod({ memory: '6Gi' }, release('loki')), pod({ memory: '5Gi' }, release('alloy'))) },
        '8Gi',
      ),
      failed('of another release', { pods: list(pod({ memory: '6Gi' }, release('mimir'))) }, '2Gi'),
      failed('of a release of that name elsewhere', { pods: list(pod({ memory: '6Gi' }, release('loki', { namespace: 'other' }))) }, '2Gi'),
      met('what is over counts as free', { pods: list(pod({ memory: '6Gi' }, { status: { phase: 'Succeeded' } })) }, '8Gi'),
      met('what failed counts as free', { pods: list(pod({ memory: '6Gi' }, { status: { phase: 'Failed' } })) }, '8Gi'),
      failed('what waits counts', { pods: list(pod({ memory: '6Gi' }, { status: { phase: 'Pending' } })) }, '2Gi'),
      failed('a cordoned node has no room', { nodes: list(node('k8s-1', { spec: { unschedulable: true } })) }, '0.0 CPU', 'add a node'),
      met(
        'a node that is overbooked takes nothing from the others',
        {
          nodes: list(node('k8s-1'), node('k8s-2')),
          pods: list(pod({ memory: '12Gi' })),
        },
        '8.0 CPU and 8Gi',
      ),
      failed(
        'room enough, but nowhere for the largest pod',
        { nodes: list(...['a', 'b', 'c', 'd'].map((name) => node(name, {}, '1023Mi'))), pods: list() },
        '16.0 CPU and 4Gi are not requested, but on no node 1Gi',
        'the largest pod asks for 1Gi',
        'd: 4.0 CPU and 1023Mi',
        'environment.loki.memory',
      ),
      met('one node is large enough', {
        nodes: list(node('a', {}, '1Gi'), node('b', {}, '1023Mi'), node('c', {}, '1023Mi'), node('d', {}, '1Gi')),
      }),
      unreadable('a quantity that is none', { pods: list(pod({ memory: 'plenty' })) }, 'it is no quantity'),
    ],
    ['pods'],
  ),
  table(
    quotaSuffices(demand),
    { quotas: list(quota({ 'requests.memory': '8Gi', cpu: '4' }, { 'requests.memory': '5Gi', cpu: '3' })), pods: list() },
    '1 with room enough',
    [
      met('none at all', { quotas: list() }, 'there is no quota'),
      failed(
        'too little memory',
        { quotas: list(quota({ 'requests.memory': '8Gi' }, { 'requests.memory': '5121Mi' })) },
        'ResourceQuota monitoring/compute leaves too little',
        'compute: requests.memory: 5121Mi of 8Gi is used, the rollout asks for 3Gi',
        'spec.hard of ResourceQuota monitoring/compute',
        'environment.loki.memory',
      ),
      failed('too little memory by its short name', { quotas: list(quota({ memory: '2Gi' }, {})) }, 'memory: 0 of 2Gi is used'),
      failed(
        'too little CPU',
        { quotas: list(quota({ 'requests.cpu': '2' }, { 'requests.cpu': '1500m' })) },
        'requests.cpu: 1500m of 2 is used, the rollout asks for 1',
      ),
      failed('too little CPU by its short name', { quotas: list(quota({ cpu: '500m' }, {})) }, 'cpu: 0 of 500m'),
      failed(
        'the second of two',
        { quotas: list(quota({}, {}), quota({ memory: '1Gi' }, {}, 'small')) },
        'ResourceQuota monitoring/small',
        'small: memory',
      ),
      met('another resource', { quotas: list(quota({ pods: '1' }, { pods: '1' })) }),
      met('it is ours that uses it', {
        quotas: list(quota({ memory: '4Gi' }, { memory: '4Gi' })),
        pods: list(pod({ memory: '3Gi' }, release('loki'))),
      }),
      failed(
        'ours is over and uses nothing',
        {
          quotas: list(quota({ memory: '4Gi' }, { memory: '4Gi' })),
          pods: list(pod({ memory: '3Gi' }, release('loki', { status: { phase: 'Succeeded' } }))),
        },
        'memory: 4Gi of 4Gi',
      ),
    ],
    ['quotas', 'pods'],
  ),
];
