import { describe, expect, it } from 'vitest';
import { draftCharts } from '#goals/draft/charts.ts';
import type { SurveyedCluster } from '#model/survey.ts';
import { airflow, BARE, named } from './survey.ts';

const release = (chart: string, version: string | undefined) => airflow(`monitoring/${chart}`, { chart, version });
const byHand = (chart: string) => ({ ...named('monitoring/loki', { 'helm.sh/chart': chart }), podLabels: {}, secretVariables: [] });

describe('a chart that is installed keeps its version', () => {
  it.each<[string, Partial<SurveyedCluster>, Record<string, unknown>]>([
    ['nothing is installed', {}, {}],
    [
      'both by Flux',
      { helmReleases: [release('loki', '18.1.0'), release('alloy', '1.4.0')] },
      { '/loki/chart/version': '18.1.0', '/alloy/chart/version': '1.4.0' },
    ],
    [
      "Loki from before Grafana's community had it",
      { helmReleases: [release('loki', '6.30.1')] },
      {
        '/loki/chart/repository': 'https://grafana.github.io/helm-charts',
        '/loki/chart/version': '6.30.1',
        '/loki/values/deploymentMode': 'SingleBinary',
      },
    ],
    ['the first of the community', { helmReleases: [release('loki', '12.0.0')] }, { '/loki/chart/version': '12.0.0' }],
    [
      'between the two',
      { helmReleases: [release('loki', '6.55.0')] },
      { '/loki/chart/version': '6.55.0', '/loki/values/deploymentMode': 'SingleBinary' },
    ],
    ['a range says nothing', { helmReleases: [release('loki', '18.x'), release('alloy', undefined)] }, {}],
    ['by helm install', { workloads: [byHand('loki-18.2.0'), byHand('loki-canary-1.0.0')] }, { '/loki/chart/version': '18.2.0' }],
    ['of another chart', { helmReleases: [release('loki-stack', '2.0.0')], workloads: [byHand('loki-stack-2.0.0')] }, {}],
  ])('%s', (_, cluster, expected) => {
    const findings = draftCharts({ ...BARE, ...cluster });
    expect(Object.fromEntries(findings.map(({ pointer, value }) => [pointer.replace('/environment', ''), value]))).toEqual(expected);
    for (const { guessed, from } of findings) expect({ guessed, from }).toEqual({ guessed: false, from: expect.stringMatching(/\w/) });
  });
});
