import { describe, expect, it } from 'vitest';
import { permissionsOf } from '#engine/permissions.ts';
import type { Change } from '#model/change.ts';
import type { Check } from '#model/check.ts';
import type { Permission } from '#model/kubernetes.ts';
import { judge } from './support.ts';
import tables from './tables/index.ts';

/** What each failed row offers to mend, by check and row. */
const offers = tables.flatMap((table) =>
  table.rows.flatMap(({ it: row, when, gives }) => {
    if (typeof when === 'function' || gives === 'unreadable') return [];
    const verdict = judge(table.check, { ...table.met, ...when });
    const repair = verdict.state === 'met' ? undefined : verdict.repair;
    return repair === undefined ? [] : [{ offer: `${table.id}: ${row}`, check: table.check as Check, verdict, repair }];
  }),
);

const release = { apiVersion: 'helm.toolkit.fluxcd.io/v2', kind: 'HelmRelease', namespace: 'monitoring', name: 'loki' };
const pod = (name: string): Change => ({ do: 'remove', object: { apiVersion: 'v1', kind: 'Pod', namespace: 'monitoring', name } });
const reset: Change = { do: 'reconcile', object: release, reset: true };

it.each([
  ['loki.no-stuck-pod: a bad commit was reverted, and its pod is still there', [pod('loki-0'), reset]],
  ['loki.no-stuck-pod: all that are stuck are named', [pod('loki-0'), pod('loki-1'), reset]],
  ['loki.release-ready: retries exhausted, and a commit came since', [reset]],
  ['loki.release-ready: retries exhausted, and all runs by now', [reset]],
  ['loki.release-ready: retries exhausted, and a pod is not ready', undefined],
  ['loki.release-ready: retries exhausted', undefined],
  ['loki.release-ready: retries exhausted at the time of the commit', undefined],
  ['loki.release-ready: retries exhausted, nobody knows when', undefined],
])('%s', (name, changes) => expect(offers.find(({ offer }) => offer === name)?.repair).toEqual(changes));

describe.each(offers)('$offer', ({ check, verdict, repair }) => {
  it('is offered only for what failed', () => expect(verdict.state).toBe('failed'));

  it('needs nothing beyond what the check declares', () => {
    const deliverables = [{ title: 'd', validations: [] }];
    const needed = permissionsOf({ preconditions: [], objectives: [{ id: '1.1', name: 'n', steps: repair, deliverables }] });
    const covers = (declared: Permission, one: Permission) =>
      declared.verb === one.verb &&
      declared.group === one.group &&
      declared.resource === one.resource &&
      declared.namespace === one.namespace &&
      (declared.name === undefined || declared.name === one.name);
    expect(needed.filter((one) => !check.repairPermissions?.some((declared) => covers(declared, one)))).toEqual([]);
  });
});
