import { EXIT, UserError } from '#model/errors.ts';
import { redactUrls } from '#model/redact.ts';
import type { GitRepository, Survey } from '#model/survey.ts';
import { type Choice, choose, type Finding, found, guessed, nameFrom, pathOf, settle } from './finding.ts';

/** The repository that Flux follows, and the checkout's remote that leads to it. */
export interface Source {
  readonly repository: GitRepository;
  readonly remote: string;
  readonly branch: string;
  readonly findings: readonly Finding[];
}

/**
 * @param namespace where Flux runs: what is there needs no namespace in its name
 * @throws UserError (exit 5) when Flux follows no Git repository, or the checkout has no remote
 */
export function findSource({ cluster, remotes }: Pick<Survey, 'cluster' | 'remotes'>, namespace: string): Source {
  const remoteOf = ({ url }: GitRepository) => remotes.find((remote) => isSameRepository(remote.url, url))?.name;
  const users = (each: GitRepository) =>
    (cluster.kustomizations ?? []).filter(({ source }) => source.kind === 'GitRepository' && pathOf(source) === pathOf(each)).length;
  const choice = choose(cluster.gitRepositories ?? [], pathOf, (each) => (remoteOf(each) === undefined ? 0 : 1_000_000) + users(each));
  if (choice === undefined) {
    throw new UserError(
      'Flux follows no Git repository here: the cluster has no GitRepository (source.toolkit.fluxcd.io/v1)',
      'set Flux up first (flux bootstrap), or choose another --context',
      EXIT.notReady,
    );
  }
  const repository = choice.chosen;
  const { name } = remotes.find((each) => each.name === 'origin') ?? remotes[0] ?? {};
  const remote = remoteOf(repository) ?? name;
  if (remote === undefined) {
    const remedy = `git remote add origin ${redactUrls(repository.url)}, or run in a checkout of the repository that Flux follows`;
    throw new UserError('this checkout has no Git remote, so that nothing could be pushed for Flux to apply', remedy, EXIT.notReady);
  }
  const branch = repository.branch ?? 'main';
  return {
    repository,
    remote,
    branch,
    findings: [
      describeRemote(repository, remote, remoteOf(repository) !== undefined),
      describeBranch(repository, branch),
      describeSource(choice, namespace, users),
    ],
  };
}

function describeRemote(repository: GitRepository, remote: string, leadsThere: boolean): Finding {
  const source = `GitRepository ${pathOf(repository)}`;
  if (leadsThere) return found('/gitops/remote', remote, `its address is that of ${source}`);
  const remedy = `see that both lead to the same repository: git remote get-url ${remote}`;
  return guessed('/gitops/remote', remote, `no remote of this checkout has the address of ${source}`, remedy);
}

function describeBranch(repository: GitRepository, branch: string): Finding {
  const source = `GitRepository ${pathOf(repository)}`;
  if (repository.branch !== undefined) return found('/gitops/branch', branch, `${source} follows it`);
  return guessed('/gitops/branch', branch, `${source} follows no branch`, `let ${source} follow a branch (spec.ref.branch)`);
}

function describeSource(choice: Choice<GitRepository>, namespace: string, users: (repository: GitRepository) => number): Finding {
  const { chosen } = choice;
  return settle(
    choice,
    '/gitops/source',
    nameFrom(namespace, chosen),
    `GitRepository ${pathOf(chosen)}, which ${users(chosen)} Kustomizations apply`,
  );
}

/** Whether two addresses lead to one repository: git@host:a/b, ssh://git@host:22/a/b.git and https://user@host/a/b do. */
function isSameRepository(one: string, other: string): boolean {
  return placeOf(one) === placeOf(other);
}

function placeOf(address: string): string {
  const short = /^(?:[^@/]+@)?([^:/]+):(?!\/\/)(.+)$/.exec(address);
  const url = short === null ? URL.parse(address) : undefined;
  const [host, path] = short === null ? [url?.hostname ?? '', url?.pathname ?? address] : [short[1], short[2]];
  return `${host?.toLowerCase()}/${path?.replace(/^\/+|(\.git)?\/*$/g, '')}`;
}
