import { describe, expect, it } from 'vitest';
import { findReason, isTerminal, REASONS, remedyAt } from '#checks/reasons.ts';
import { describeReason } from '../judging.ts';

describe('the table of reasons', () => {
  it.each(REASONS)('$of $reason $says: tried again, mended, and written somewhere', (row) => {
    expect(findReason(row.of, row.reason, row.says ?? 'something else')).toBe(row);
    expect(row.again).not.toBe('');
    expect(row.source).toMatch(/^https:\/\/\S+$/);
    expect(remedyAt(row, { namespace: 'monitoring', name: 'loki-0', container: 'loki' })).toMatch(/\b(kubectl|flux) (?!.*\{)/);
  });

  it('reads as it did when somebody last read all of it', async () => {
    const rows = REASONS.map(describeReason);
    await expect(rows.join('\n')).toMatchFileSnapshot('../__snapshots__/reasons.md');
  });

  it('holds what waiting does not help', () => {
    const terminal = REASONS.filter(({ ends }) => ends === 'terminal').map(({ reason }) => reason);
    expect(terminal).toEqual([
      ...['CrashLoopBackOff', 'ImagePullBackOff', 'ErrImagePull', 'InvalidImageName', 'ErrImageNeverPull', 'OOMKilled', 'RetriesExceeded'],
      ...['BuildFailed', 'ReconciliationFailed', 'PruneFailed', 'HealthCheckFailed', 'InvalidChartReference'],
    ]);
    expect(isTerminal('waiting', 'CrashLoopBackOff')).toBe(true);
    expect(isTerminal('waiting', 'Dreaming')).toBe(false);
    expect(isTerminal('event', 'CrashLoopBackOff')).toBe(false);
  });

  it('a container that is coming up is no failure', () => {
    const starting = REASONS.filter(({ of, ends }) => of === 'waiting' && ends === 'starting').map(({ reason }) => reason);
    expect(starting).toEqual(['', 'ContainerCreating', 'PodInitializing']);
  });
});
