import type { Event, Happening } from '#model/event.ts';
import type { PhaseOutline } from '#ui/outline.ts';

/** A run that meets everything a listener can be told: skips, a failure with its causes, a gate, phases that are not reached. */
export const RUN: readonly Event[] = (
  [
    { type: 'run.started', goals: 'goals.json', declared: 'd', from: 0, to: 2, cluster: 'homelab (https://10.0.0.1)', rehearsal: true },
    { type: 'preflight.finished', asked: 3, denied: [] },
    { type: 'phase.started', phase: 0, name: 'Readiness' },
    { type: 'check.judged', phase: 0, objective: '0.1', check: 'nodes', title: 'Nodes are Ready', state: 'met', summary: '3 of 3' },
    { type: 'check.judged', phase: 0, objective: '0.1', check: 'nodes', title: 'Nodes are Ready', state: 'met', summary: '3 of 3, again' },
    { type: 'objective.finished', phase: 0, objective: '0.1', name: 'Infrastructure', state: 'completed' },
    { type: 'objective.finished', phase: 0, objective: '0.2', name: 'Strategy', state: 'skipped', reason: 'there is no Airflow' },
    { type: 'phase.finished', phase: 0, name: 'Readiness', state: 'completed' },
    { type: 'phase.started', phase: 1, name: 'Storage' },
    { type: 'check.judged', phase: 1, check: 'store', title: 'The store is ready', state: 'met', summary: 'Ready' },
    { type: 'change.planned', phase: 1, objective: '1.1', change: '1.1/1', do: 'commit', target: 'commit 2 files' },
    { type: 'change.applied', phase: 1, objective: '1.1', change: '1.1/1', result: 'committed abc to origin/main' },
    { type: 'change.skipped', phase: 1, objective: '1.1', change: '1.1/2', reason: 'dry run: would apply\n+a: 1\n-a: \u001b[2J2' },
    {
      ...{ type: 'check.judged', phase: 1, objective: '1.1', check: 'applied', title: 'Flux has applied it', state: 'met' },
      ...{ summary: 'applied abc', after_commit_ms: 4_200 },
    },
    {
      ...{ type: 'check.judged', phase: 1, objective: '1.1', check: 'bucket', title: 'The bucket is bound', state: 'pending' },
      ...{ summary: 'not bound', cause: ['the claim is pending'], remedy: 'wait for Rook' },
    },
    {
      ...{ type: 'check.judged', phase: 1, objective: '1.1', check: 'keys', title: 'The keys open it', state: 'failed' },
      ...{ summary: '403', cause: ['S3 says SignatureDoesNotMatch', 'the secret key is\u001b[31m wrong'], remedy: 'renew the Secret' },
    },
    {
      ...{ type: 'gate.waiting', phase: 1, objective: '1.1', gate: 'review', kind: 'approval', what: 'the review' },
      ...{ since: '2026-01-01T00:00:00Z', until: '2026-01-08T00:00:00Z', remedy: 'approve it' },
    },
    {
      ...{ type: 'change.failed', phase: 1, objective: '1.1', change: '1.1/3', cause: ['reconcile', 'forbidden'], remedy: 'grant patch' },
    },
    { type: 'objective.finished', phase: 1, objective: '1.1', name: 'S3', state: 'failed', reason: 'The keys open it: 403' },
    { type: 'phase.finished', phase: 1, name: 'Storage', state: 'failed' },
    { type: 'lock.lost', why: 'another run took it' },
    { type: 'run.finished', state: 'failed', exit: 1, phases: [{ phase: 0, state: 'completed' }], summary: 'The keys open it: 403' },
  ] as Happening[]
).map((happening, index) => ({ time: '2026-01-02T03:04:05.678Z', run: 'r1', seq: index + 1, ...happening }));

export const OUTLINE: readonly PhaseOutline[] = [
  {
    number: 0,
    name: 'Readiness',
    objectives: [
      { id: '0.1', name: 'Infrastructure', validations: [{ id: 'nodes', title: 'Nodes are Ready' }] },
      { id: '0.2', name: 'Strategy', validations: [{ id: 'mode', title: 'The mode fits' }] },
    ],
  },
  {
    number: 1,
    name: 'Storage',
    objectives: [
      {
        id: '1.1',
        name: 'S3',
        validations: [
          { id: 'applied', title: 'Flux has applied it' },
          { id: 'bucket', title: 'The bucket is bound' },
          { id: 'keys', title: 'The keys open it' },
          { id: 'review', title: 'Approved: the review' },
        ],
      },
      { id: '1.2', name: 'Repository', validations: [] },
    ],
  },
  { number: 2, name: 'Loki', objectives: [{ id: '2.1', name: 'Core', validations: [] }] },
];
