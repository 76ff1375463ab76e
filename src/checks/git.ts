import { type Check, check } from '#model/check.ts';
import { failed, met } from '#model/verdict.ts';
import { readCheckout } from './reads.ts';

/** What lies in the checkout under paths that this program writes: the next pull would collide with it. Elsewhere the tree may be as it likes. */
export const checkoutIsClean = (paths: readonly string[]): Check =>
  check({
    id: 'git.nothing-local',
    title: `Nothing under ${paths.join(', ')} waits to be committed or pushed`,
    holds: 'on-entry',
    after: ['git.remote-usable'],
    reads: { local: readCheckout() },
    judge: ({ local: { edited, unpushed } }) => {
      const isOurs = (file: string) => paths.some((path) => file === path || file.startsWith(`${path}/`));
      const [editedHere, unpushedHere] = [edited.filter(isOurs), unpushed.filter(isOurs)];
      const others = [...new Set([...edited, ...unpushed])].filter((file) => !isOurs(file));
      const elsewhere = others.length === 0 ? 'nothing elsewhere either' : `elsewhere, and left alone: ${nameSome(others)}`;
      if (editedHere.length === 0 && unpushedHere.length === 0) return met(elsewhere);
      const commands = [
        ...(editedHere.length === 0
          ? []
          : [`commit them or put them aside: git stash push --include-untracked -- ${nameSome(editedHere, ' ')}`]),
        ...(unpushedHere.length === 0 ? [] : ['push the commits (git push), or take them back']),
      ];
      return failed(
        `${editedHere.length} edited files and ${unpushedHere.length} with unpushed commits under paths that this program writes`,
        [
          ...(editedHere.length === 0 ? [] : [`edited and not committed: ${nameSome(editedHere)}`]),
          ...(unpushedHere.length === 0 ? [] : [`committed and not pushed: ${nameSome(unpushedHere)}`]),
        ],
        commands.join('; '),
      );
    },
  });

const SHOWN = 5;

function nameSome(files: readonly string[], separator = ', '): string {
  const more = files.length > SHOWN ? `${separator}… ${files.length - SHOWN} more` : '';
  return `${files.slice(0, SHOWN).join(separator)}${more}`;
}
