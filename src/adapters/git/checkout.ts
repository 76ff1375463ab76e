import { redactUrls } from '#model/redact.ts';
import { gitIn, must, noRepository } from './run.ts';

/** A Git repository in a directory, before it is known what of it matters. */
export interface Checkout {
  /** Its uppermost directory. */
  readonly top: string;
  readonly remotes: readonly { readonly name: string /** Without credentials. */; readonly url: string }[];
}

/** @throws UserError when there is no git, or no work tree of a repository */
export async function findCheckout(directory: string): Promise<Checkout> {
  const git = gitIn(directory);
  const top = await git(['rev-parse', '--show-toplevel']);
  if (top.failed) throw noRepository(directory, top.words);
  const names = (await must(git, ['remote'])).split('\n').filter((name) => name !== '');
  const remotes = names.map(async (name) => ({ name, url: redactUrls((await must(git, ['remote', 'get-url', name])).trim()) }));
  return { top: top.stdout.trim(), remotes: await Promise.all(remotes) };
}
