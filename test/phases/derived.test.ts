import { describe, expect, it } from 'vitest';
import type { Change, Derive } from '#model/change.ts';
import { Unreadable } from '#model/errors.ts';
import type { Answer } from '#model/read.ts';
import { type Answers, absent, http, list, NOW, object, s3 } from '../checks/support.ts';
import { ENVIRONMENTS } from './environments.ts';
import { derivations, objectivesOf } from './steps.ts';

const [archive, remove] = derivationsOf('5.1');
const [documents] = derivationsOf('6.1');

const claim = object({ name: 'airflow-logs', namespace: 'airflow', spec: { resources: {} } });
const manifest = s3(200, { body: '{"files":1,"bytes":10}' });
const missing = s3(404, { code: 'NoSuchKey' });
const file = (key: string, size: number) => ({ key: `archive/airflow-logs/${key}`, size, modified: NOW.toISOString() });
const listing = (size: number): Answer => s3(200, { objects: [file('MANIFEST.json', 22), file('a', size)] });

describe('the claim of Airflow', () => {
  it('is copied once', () => {
    expect(kinds(archive, { claim, manifest: missing })).toEqual(['apply Job']);
    expect(kinds(archive, { claim, manifest })).toEqual([]);
    expect(kinds(archive, { claim: absent, manifest: missing })).toEqual([]);
  });

  it('is not copied over an archive that could not be looked at', () => {
    expect(() => kinds(archive, { claim, manifest: s3(503) })).toThrow(Unreadable);
  });

  it.each([
    ['its archive is complete', { claim, manifest, list: listing(10) }, ['remove Job', 'remove PersistentVolumeClaim']],
    ['a file of its archive is short', { claim, manifest, list: listing(9) }, ['remove Job']],
    ['there is no archive', { claim, manifest: missing, list: listing(10) }, ['remove Job']],
    ['its archive can not be listed', { claim, manifest, list: s3(503) }, ['remove Job']],
    ['it is gone', { claim: absent, manifest, list: listing(10) }, ['remove Job']],
  ])('and its removal when %s', (_, answers, expected) => expect(kinds(remove, answers)).toEqual(expected));

  it('is archived, approved and soaked before it is unmounted and removed', () => {
    const order = objectivesOf(ENVIRONMENTS.homelab)
      .find(({ id }) => id === '5.1')
      ?.steps?.map((step) => (step.do === 'await' ? step.what.id : step.do === 'derive' ? step.title : step.do));
    expect(order?.slice(-10)).toEqual([
      'airflow.task-logs-in-loki',
      'Archive claim airflow/airflow-logs',
      'airflow.archive-complete',
      'airflow.removal-approved',
      'airflow.decommission-soak',
      'commit',
      'reconcile',
      'flux.airflow-applied',
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
