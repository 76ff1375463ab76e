import { execa } from 'execa';
import type { Manifest } from '#model/kubernetes.ts';
import { timestamp } from '../api/store.ts';
import { memoryOf } from '../memory.ts';
import { hashOf, specOf, statusOf } from '../tree.ts';
import type { World } from '../world.ts';
import { isSuspended, ready, reportFlux } from './apply.ts';

/** Path to content of the YAML files of one commit. */
export type Files = ReadonlyMap<string, string>;

/** Virtual milliseconds between two looks at the repository: whoever wants it sooner has to ask. */
const INTERVAL = 60_000;

const lookOf = memoryOf(() => ({ at: Number.NEGATIVE_INFINITY, asked: '' }));
const filesOf = memoryOf((): { files?: Files } => ({}));

/** The files behind an artifact's revision ("main@sha1:…"), once a GitRepository has fetched it. */
export function artifactFiles(world: World, revision: string): Files | undefined {
  return filesOf(world, revision).files;
}

/** Fetches the branch's tip when asked to (`requestedAt`), when the spec changed, or after the interval. */
export async function fetchRepositories(world: World): Promise<void> {
  for (const repository of world.store.list('source.toolkit.fluxcd.io/v1', 'GitRepository')) {
    const look = lookOf(world, `${repository.metadata.namespace}/${repository.metadata.name}`);
    const asked = hashOf([specOf(repository), repository.metadata.annotations ?? {}]);
    const now = world.now().getTime();
    if (isSuspended(world, repository) || (look.asked === asked && now - look.at < INTERVAL)) continue;
    look.at = now;
    look.asked = asked;
    await fetchRepository(world, repository);
  }
}

async function fetchRepository(world: World, repository: Manifest): Promise<void> {
  const { url, ref } = specOf(repository);
  const name = `refs/heads/${ref.branch}`;
  const remote = await execa('git', ['ls-remote', url, name], { reject: false });
  const [tip = ''] = remote.stdout.split('\t');
  if (tip === '') {
    const why = remote.exitCode === 0 ? `couldn't find remote ref "${name}"` : 'repository not found: ';
    const message = `failed to checkout and determine revision: unable to clone '${url}': ${why}`;
    return reportFlux(world, repository, {}, [ready('False', 'GitOperationFailed', message)]);
  }
  const revision = `${ref.branch}@sha1:${tip}`;
  const kept = filesOf(world, revision);
  kept.files ??= await readFiles(url, tip);
  const succeeded = ready('True', 'Succeeded', `stored artifact for revision '${revision}'`);
  const before = statusOf(repository).artifact;
  const lastUpdateTime = before?.revision === revision ? before.lastUpdateTime : timestamp(world.now());
  const artifact = { revision, lastUpdateTime, path: `gitrepository/${tip}.tar.gz`, digest: `sha256:${hashOf(revision, 64)}` };
  reportFlux(world, repository, { artifact }, [succeeded, { ...succeeded, type: 'ArtifactInStorage' }]);
}

async function readFiles(repository: string, commit: string): Promise<Files> {
  const listed = await execa('git', ['-C', repository, 'ls-tree', '-r', '-z', '--name-only', commit]);
  const paths = listed.stdout.split('\0').filter((path) => /\.ya?ml$/.test(path));
  const input = paths.map((path) => `${commit}:${path}\n`).join('');
  const { stdout } = await execa('git', ['-C', repository, 'cat-file', '--batch'], { input, encoding: 'buffer', stripFinalNewline: false });
  const content = Buffer.from(stdout);
  const files = new Map<string, string>();
  let at = 0;
  for (const path of paths) {
    const header = content.indexOf('\n', at);
    const size = Number(content.toString('utf8', at, header).split(' ')[2]);
    files.set(path, content.toString('utf8', header + 1, header + 1 + size));
    at = header + size + 2;
  }
  return files;
}
