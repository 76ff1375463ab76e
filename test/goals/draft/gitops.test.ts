import { describe, expect, it } from 'vitest';
import { draftGitOps } from '#goals/draft/gitops.ts';
import type { Survey } from '#model/survey.ts';
import { type BARE, fluxKustomization, gitRepository, helmRelease, kustomization, lists, survey } from './survey.ts';

describe('the source', () => {
  it.each(['git@example.org:home/lab.git', 'ssh://git@example.org:22/home/lab', 'https://someone@EXAMPLE.org/home/lab.git/'])(
    '%s leads to the same repository as the address that Flux has',
    (url) => {
      expect(
        settingOf(
          survey(
            {},
            {
              remotes: [
                { name: 'fork', url: 'git@example.org:me/lab' },
                { name: 'upstream', url },
              ],
            },
          ),
          'remote',
        ),
      ).toEqual({
        value: 'upstream',
        guessed: false,
      });
    },
  );

  it('of two GitRepositories is the one that the checkout belongs to, with its branch', () => {
    const gitRepositories = [
      gitRepository('flux-system/charts', { url: 'https://example.org/charts' }),
      gitRepository('flux-system/lab', { branch: 'live' }),
    ];
    const seen = survey({ gitRepositories });
    expect([settingOf(seen, 'source'), settingOf(seen, 'branch')]).toEqual([
      { value: 'lab', guessed: false },
      { value: 'live', guessed: false },
    ]);
  });

  it('of two of the same repository is the one that more is applied from; else the first by name, as a guess', () => {
    const gitRepositories = [gitRepository('flux-system/a'), gitRepository('flux-system/b')];
    const applied = survey({ gitRepositories, kustomizations: [kustomization('flux-system/apps', 'apps', 'b')] });
    expect(settingOf(applied, 'source')).toEqual({ value: 'b', guessed: false });
    expect(settingOf(survey({ gitRepositories, kustomizations: [] }), 'source')).toEqual({ value: 'a', guessed: true });
  });

  it('that no remote leads to is a guess', () => {
    const seen = survey(
      {},
      {
        remotes: [
          { name: 'elsewhere', url: '/srv/lab.git' },
          { name: 'origin', url: '/srv/other.git' },
        ],
      },
    );
    expect(settingOf(seen, 'remote')).toEqual({ value: 'origin', guessed: true });
  });

  it('that follows no branch has to', () => {
    const seen = survey({ gitRepositories: [gitRepository('flux-system/flux-system', { branch: undefined })] });
    expect(findings(seen).find(({ pointer }) => pointer.endsWith('/branch'))).toMatchObject({
      guessed: true,
      remedy: expect.stringContaining('spec.ref.branch'),
    });
  });

  it('in another namespace than Flux is named with it', () => {
    expect(settingOf(survey({ gitRepositories: [gitRepository('teams/lab')], kustomizations: [] }), 'source')).toEqual({
      value: 'teams/lab',
      guessed: false,
    });
    expect(settingOf(survey({ workloads: [] }), 'namespace')).toEqual({ value: 'flux-system', guessed: true });
  });
});

describe('the directory', () => {
  it('is the one by the name of the namespace, and of its Kustomization', () => {
    const files = {
      'kubernetes/apps/kustomization.yaml': lists('./monitoring', './web'),
      'kubernetes/apps/monitoring/kustomization.yaml': lists('./prometheus/ks.yaml'),
      'kubernetes/apps/monitoring/prometheus/ks.yaml': fluxKustomization('prometheus'),
      'kubernetes/apps/monitoring/prometheus/app/kustomization.yaml': lists('./release.yaml'),
      'kubernetes/apps/monitoring/prometheus/app/release.yaml': helmRelease('monitoring/prometheus'),
      'kubernetes/apps/web/kustomization.yaml': lists('./ks.yaml'),
    };
    const kustomizations = [
      kustomization('flux-system/prometheus', 'kubernetes/apps/monitoring/prometheus/app'),
      kustomization('flux-system/cluster-apps', 'kubernetes/apps'),
    ];
    expect(placeIn(files, kustomizations)).toEqual(['kubernetes/apps/monitoring', 'cluster-apps', 'found']);
  });

  it('in a monorepo is one that this cluster applies, and no other builds upon', () => {
    const files = {
      'clusters/home/flux-system/kustomization.yaml': lists('gotk-components.yaml', 'gotk-sync.yaml'),
      'clusters/home/apps.yaml': fluxKustomization('apps'),
      'clusters/office/monitoring/kustomization.yaml': lists('./ks.yaml'),
      'apps/home/kustomization.yaml': lists('../base/monitoring', './web'),
      'apps/home/web/kustomization.yaml': lists('./ks.yaml'),
      'apps/home/web/ks.yaml': fluxKustomization('web'),
      'apps/office/kustomization.yaml': lists('../base/monitoring'),
      'apps/base/monitoring/kustomization.yaml': lists('./namespace.yaml'),
    };
    const kustomizations = [kustomization('flux-system/flux-system', 'clusters/home'), kustomization('flux-system/apps', 'apps/home')];
    expect(placeIn(files, kustomizations)).toEqual(['apps/home', 'apps', 'found']);
  });

  it('is found where Flux lists what has no kustomization.yaml at its top', () => {
    const files = {
      'clusters/home/a.yaml': fluxKustomization('a'),
      'clusters/home/observability/kustomization.yaml': lists('./namespace.yaml'),
    };
    expect(placeIn(files, [kustomization('flux-system/flux-system', 'clusters/home')])).toEqual([
      'clusters/home/observability',
      'flux-system',
      'found',
    ]);
  });

  it('is none that would move what is added into another namespace, or rename it', () => {
    const files = {
      'apps/kustomization.yaml': lists('./monitoring', './logging'),
      'apps/monitoring/kustomization.yaml': `namespace: monitoring\n${lists('./ks.yaml')}`,
      'apps/logging/kustomization.yaml': `namePrefix: home-\n${lists('./ks.yaml')}`,
    };
    expect(placeIn(files, [kustomization('flux-system/apps', 'apps')])).toEqual(['apps', 'apps', 'found']);
    const targeting = { ...kustomization('flux-system/apps', 'apps'), targetNamespace: 'monitoring' };
    expect(placeIn(files, [targeting])[2]).toBe('guessed');
  });

  it('in a flat repository with a list at its top is the top, unless another is a place', () => {
    const flat = { 'kustomization.yaml': lists('./web.yaml'), 'web.yaml': helmRelease('web/web') };
    const top = kustomization('flux-system/flux-system', '');
    expect(placeIn(flat, [top])).toEqual(['.', 'flux-system', 'found']);
    const deeper = { 'kustomization.yaml': lists('./web.yaml', './apps'), 'apps/kustomization.yaml': lists('./x.yaml') };
    expect(placeIn(deeper, [top])).toEqual(['apps', 'flux-system', 'found']);
  });

  it.each([
    ['without a list at its top', { 'web.yaml': helmRelease('web/web') }],
    ['that is no YAML', { 'kustomization.yaml': '{{ template }}: [', 'web.yaml': '\t' }],
  ])('in a flat repository %s has to be made', (_, files) => {
    const seen = survey({ kustomizations: [kustomization('flux-system/flux-system', '')] }, { files });
    expect(findings(seen).find(({ pointer }) => pointer.endsWith('/directory'))).toMatchObject({
      value: 'monitoring',
      guessed: true,
      remedy: expect.stringContaining('make monitoring/kustomization.yaml'),
    });
  });

  it('and its Kustomization are guesses where nothing is applied', () => {
    expect(settingOf(survey({ kustomizations: [] }), 'kustomization')).toEqual({ value: 'flux-system', guessed: true });
  });

  it('of two that are equally good is the first by name, as a guess', () => {
    const files = { 'a/kustomization.yaml': lists('./x.yaml'), 'b/kustomization.yaml': lists('./x.yaml') };
    expect(placeIn(files, [kustomization('flux-system/all', '')])).toEqual(['a', 'all', 'guessed']);
  });
});

function findings(seen: Survey) {
  return draftGitOps(seen, 'monitoring');
}

function settingOf(seen: Survey, setting: string) {
  const finding = findings(seen).find(({ pointer }) => pointer === `/environment/gitops/${setting}`);
  return { value: finding?.value, guessed: finding?.guessed };
}

function placeIn(files: Survey['files'], kustomizations: NonNullable<typeof BARE.kustomizations>) {
  const seen = survey({ kustomizations }, { files });
  const { value, guessed } = settingOf(seen, 'directory');
  return [value, settingOf(seen, 'kustomization').value, guessed ? 'guessed' : 'found'];
}
