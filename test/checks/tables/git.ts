import { checkoutIsClean } from '#checks/git.ts';
import type { Answer } from '#model/read.ts';
import { failed, met, table } from '../support.ts';

const local = (edited: readonly string[], unpushed: readonly string[] = []): { local: Answer } => ({
  local: { of: 'checkout', edited, unpushed },
});
const many = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => `apps/loki/${name}.yaml`);

export default [
  table(
    checkoutIsClean(['apps/loki', 'apps/kustomization.yaml']),
    local([]),
    'nothing elsewhere either',
    [
      met(
        'edited elsewhere',
        local(['goals/goals.json', 'apps/loki-other/x'], ['README.md', 'goals/goals.json']),
        'left alone: goals/goals.json, apps/loki-other/x, README.md',
      ),
      failed(
        'edited here',
        local(['apps/loki/app/release.yaml', 'goals/goals.json']),
        '1 edited files and 0 with unpushed commits',
        'edited and not committed: apps/loki/app/release.yaml',
        'git stash push --include-untracked -- apps/loki/app/release.yaml',
      ),
      failed(
        'committed and not pushed',
        local([], ['apps/kustomization.yaml']),
        '0 edited files and 1 with unpushed commits',
        'committed and not pushed: apps/kustomization.yaml',
        'push the commits (git push)',
      ),
      failed('both', local(['apps/loki/x'], ['apps/loki/y']), '1 edited files and 1 with', 'apps/loki/x; push the commits'),
      failed('many', local(many), '7 edited files', 'apps/loki/e.yaml, … 2 more', 'apps/loki/d.yaml apps/loki/e.yaml … 2 more'),
      failed('as many as are shown', local(many.slice(0, 5)), 'd.yaml, apps/loki/e.yaml\n'),
    ],
    ['local'],
  ),
];
