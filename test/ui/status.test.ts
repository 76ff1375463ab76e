import { describe, expect, it } from 'vitest';
import type { StatusReport } from '#model/status.ts';
import { statusMarkdown } from '#ui/markdown.ts';
import { statusTables } from '#ui/tables.ts';

const REPORT: StatusReport = {
  initiative: { name: 'Centralised logging', status: 'waiting', rollout: 'logging', progress: { done: 3, total: 4, percent: 75 } },
  phases: [
    {
      id: 'phase-5',
      number: 5,
      name: 'Migration & Optimization',
      status: 'waiting',
      progress: { done: 3, total: 4, percent: 75 },
      objectives: [
        {
          id: '5.1',
          name: 'Airflow Migration',
          status: 'waiting',
          basis: 'evidence',
          deliverables: [
            { title: 'Reconfigure Airflow', status: 'completed' },
            { title: 'Plan PVC decommission', status: 'waiting' },
          ],
          waiting_for: {
            what: 'soak: no log is missed for 30d',
            since: '2026-10-01T10:00:00Z',
            until: '2026-10-31T10:00:00Z',
            breaks: 'it begins anew when one of these does not hold: no log is missed',
            remedy: 'nothing to do: resume after that',
          },
        },
        {
          id: '5.2',
          name: 'Performance | Tuning',
          status: 'completed',
          basis: 'claimed',
          stale: true,
          deliverables: [{ title: 'a', status: 'completed' }],
        },
        {
          id: '5.3',
          name: 'Nothing',
          status: 'skipped',
          basis: 'evidence',
          reason: 'there is no Airflow',
          deliverables: [{ title: 'b', status: 'skipped' }],
        },
      ],
    },
  ],
  triggers: [
    { id: 'ceph', description: 'Ceph S3 storage is operational', state: 'met', observed: 'Ready', threshold: 'the gateway answers' },
  ],
  metrics: [
    {
      id: 'functional.retention',
      target: '30-day',
      current: '30d',
      state: 'met',
      measured_at: '2026-10-02T10:00:00Z',
      method: 'the configuration',
      sample: '1 configuration',
      interval: 'now',
    },
    {
      id: 'functional.coverage',
      target: '100 %',
      current: null,
      state: 'unknown',
      measured_at: null,
      method: 'pods against streams',
      sample: null,
      interval: null,
    },
    {
      id: 'functional.availability',
      target: '99.9 %',
      current: null,
      state: 'unknown',
      measured_at: '2026-10-02T10:00:00Z',
      method: 'pushes',
      sample: '12 scrapes',
      interval: null,
      reason: 'too few samples: 12',
    },
  ],
  last_run: {
    id: 'r1',
    state: 'waiting',
    started_at: '2026-10-02T09:00:00Z',
    finished_at: '2026-10-02T09:05:00Z',
    summary: 'a soak is not over',
  },
  offline: false,
  observed_at: '2026-10-02T10:00:00Z',
  warnings: ['goals.json:5: /initiative/status: "active" is taken for "in_progress"'],
};

describe('a status report', () => {
  it('as tables', () => expect(statusTables(REPORT, false)).toMatchSnapshot());
  it('as Markdown', () => expect(statusMarkdown(REPORT)).toMatchSnapshot());
  it('of nothing is still a report', () => {
    const empty = { ...REPORT, phases: [], triggers: [], metrics: [], warnings: [] };
    expect(statusTables(empty, false)).toContain('none');
    expect(statusMarkdown(empty)).toContain('None.');
  });
});
