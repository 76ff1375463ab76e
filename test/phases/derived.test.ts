import { describe, expect, it } from 'vitest';
import type { Change, Derive } from '#model/change.ts';
import { Unreadable } from '#model/errors.ts';
import type { Answer } from '#model/read.ts';
import { type Answers, absent, http, list, NOW, object, s3 } from '../checks/support.ts';
import { ENVIRONMENTS } from './environments.ts';
import { derivations, objectivesOf } from './steps.ts';

const [archive, remove] = derivationsOf('5.1');
const [documents] = derivationsOf('6.1');

const claim = object({
  name: 'airflow-logs',
  namespace: 'airflow',
  spec: { resources: { requests: { storage: '100Gi' } }, volumeName: 'pvc-1' },
});
const job = absent;
const manifest = s3(200, { body: '{"files":1,"bytes":10}' });
const inventory = s3(200, { body: '10 a\n' });
const missing = s3(404, { code: 'NoSuchKey' });
const listing = (size: number): Answer =>
  s3(200, {
    objects: ['a', 'INVENTORY.txt', 'MANIFEST.json'].map((key) => ({
      key: `archive/airflow-logs/${key}`,
      size,
      modified: NOW.toISOString(),
    })),
  });
const volume = (persistentVolumeReclaimPolicy: string) => list({ name: 'pvc-1', spec: { persistentVolumeReclaimPolicy } });
const pods = list({
  name: 'scheduler',
  spec: { containers: [], volumes: [{ persistentVolumeClaim: { claimName: 'airflow-logs' } }] },
  status: { phase: 'Running' },
});
const safe = { claim, job, manifest, inventory, list: listing(10), volumes: volume('Retain'), pods: list() };

describe('the claim of Airflow', () => {
  it('is copied once, and its size is kept', () => {
    expect(kinds(archive, { claim, manifest: missing })).toEqual(['apply Job']);
    const [change] = changesOf(archive, { claim, manifest: missing });
    expect(JSON.stringify(change)).toContain(`{"name":"ARCHIVE_CLAIM_BYTES","value":"${100 * 2 ** 30}"}`);
    expect(kinds(archive, { claim, manifest })).toEqual([]);
    expect(kinds(archive, { claim: absent, manifest: missing })).toEqual([]);
  });

  it('is not copied over an archive that could not be looked at', () => {
    expect(() => kinds(archive, { claim, manifest: s3(503) })).toThrow(Unreadable);
  });

  it('is removed with its job when all is safe', () => {
    expect(kinds(remove, safe)).toEqual(['remove Job', 'remove PersistentVolumeClaim']);
  });

  it('that is gone leaves its job to be removed', () => {
    expect(kinds(remove, { ...safe, claim: absent })).toEqual(['remove Job']);
  });

  it.each<[string, Answers]>([
    ['a file of its archive is short', { list: listing(9) }],
    ['a file of its archive is too large', { list: listing(11) }],
    [
      'a file of its archive vanished',
      { inventory: s3(200, { body: '5 a\n5 b\n' }), manifest: s3(200, { body: '{"files":2,"bytes":10}' }) },
    ],
    ['there is no archive', { manifest: missing }],
    ['nobody knows what it held', { inventory: missing }],
    ['its archive can not be listed', { list: s3(503) }],
    ['its volume would be deleted with it', { volumes: volume('Delete') }],
    ['its volume can not be found', { volumes: list() }],
    ['a pod mounts it', { pods }],
  ])('stays, and all else too, when %s', (_, doubt) => expect(kinds(remove, { ...safe, ...doubt })).toEqual([]));

  it.each<[string, Answers]>([
    ['its archive can not be read', { manifest: s3(500) }],
    ['its inventory can not be read', { inventory: s3(200, { body: '<html>' }) }],
    ['its volume says nothing of a policy', { volumes: list({ name: 'pvc-1', spec: {} }) }],
  ])('stays when %s', (_, doubt) => expect(() => kinds(remove, { ...safe, ...doubt })).toThrow(Unreadable));

  it('is recorded, dual run, archived, approved and soaked before it is unmounted, looked at again and removed', () => {
    const order = objectivesOf(ENVIRONMENTS.homelab)
      .find(({ id }) => id === '5.1')
      ?.steps?.map((step) => (step.do === 'await' ? step.what.id : step.do === 'derive' ? step.title : step.do));
    expect([...(order?.slice(0, 2) ?? []), ...(order?.slice(-19) ?? [])]).toEqual([
      'airflow.rolled-out',
      'airflow.claim-recorded',
      'commit',
      'reconcile',
      'flux.airflow-applied',
      'airflow.remote-logging',
      'airflow.rolled-out',
      'airflow.task-logs-in-loki',
      'Archive claim airflow/airflow-logs',
      'airflow.archive-complete',
      'airflow.volume-retained',
      'airflow.removal-approved',
      'airflow.decommission-soak',
      'commit',
      'reconcile',
      'flux.airflow-applied',
      'airflow.rolled-out',
      'airflow.archive-complete',
      'airflow.volume-retained',
      'airflow.claim-unmounted',
      'Remove claim airflow/airflow-logs',
    ]);
  });
});

describe('the documents of handoff', () => {
  const answers = {
    nodes: list({ name: 'k8s-1', status: {} }, { name: 'k8s-2', status: {} }),
    version: http(200, { gitVersion: 'v1.33.4' }),
    build: http(200, { version: '3.7.8' }),
  };

  it('describe this cluster', () => {
    const [runbook, , troubleshooting, architecture] = contents(answers);
    expect(runbook).toContain('Loki 3.7.8 (chart 18.11.0) and Alloy (chart 1.11.1) on Kubernetes 1.33.4, nodes k8s-1, k8s-2.');
    expect(troubleshooting).toContain('monitoring/loki-s3-credentials');
    expect(architecture).toContain('n1["pods on k8s-2"] --> a1["Alloy on k8s-2"]');
  });

  it('say nothing odd when Loki or the API server say little', () => {
    const texts = contents({ ...answers, version: http(503), build: http(503) });
    expect(texts.join('\n')).toContain('Loki 3.7.8 (chart 18.11.0) and Alloy (chart 1.11.1) on Kubernetes of unknown version');
    expect(texts.join('\n')).not.toMatch(/undefined|null|NaN|\[object/);
  });

  function contents(seen: Answers): readonly string[] {
    return changesOf(documents, seen).flatMap((change) => (change.do === 'commit' ? Object.values(change.files).map(String) : []));
  }
});

function derivationsOf(objective: string): readonly Derive[] {
  return objectivesOf(ENVIRONMENTS.homelab)
    .filter(({ id }) => id === objective)
    .flatMap(derivations);
}

function changesOf(derive: Derive | undefined, answers: Answers): readonly Change[] {
  const { reads = {}, changes } = derive as Derive;
  return changes(Object.fromEntries(Object.keys(reads).map((name) => [name, reads[name]?.decode(answers[name] as Answer)])));
}

function kinds(derive: Derive | undefined, answers: Answers): readonly string[] {
  return changesOf(derive, answers).map((change) =>
    change.do === 'apply' || change.do === 'remove' ? `${change.do} ${change.object.kind}` : change.do,
  );
}
