import { existsSync } from 'node:fs';
import { UserError } from '#model/errors.ts';
import { redactUrls } from '#model/redact.ts';

interface GitOutput {
  readonly failed: boolean;
  readonly bytes: Buffer;
  readonly stdout: string;
  /** Git's own words, without credentials. */
  readonly words: string;
}

export interface GitOptions {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export type Git = (args: readonly string[], options?: GitOptions) => Promise<GitOutput>;

/** Variables of a surrounding git (we may run in a hook) would point it at another repository or index. */
const SURROUNDING = [
  'GIT_DIR',
  'GIT_WORK_TREE',
  'GIT_INDEX_FILE',
  'GIT_PREFIX',
  'GIT_OBJECT_DIRECTORY',
  'GIT_ALTERNATE_OBJECT_DIRECTORIES',
];
/** No question can be answered, no translation is wanted, no housekeeping is asked for. */
const QUIET = { GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C', GIT_OPTIONAL_LOCKS: '0', GIT_LITERAL_PATHSPECS: '1' };
const SETTINGS = ['-c', 'gc.auto=0', '-c', 'maintenance.auto=false', '-c', 'core.quotePath=false'];

/** Milliseconds that a git which is told to end may take. */
const PATIENCE = 5000;

/** The user's own git in one directory. A failing command is an output, not an error. @throws UserError when there is no git */
export function gitIn(directory: string): Git {
  return async (args, options = {}) => {
    const { execa } = await import('execa');
    options.signal?.throwIfAborted();
    const running = execa('git', [...SETTINGS, ...args], {
      cwd: directory,
      // In a session of its own it has no terminal: neither ssh nor a credential helper can ask there, and wait for ever.
      detached: true,
      reject: false,
      stripFinalNewline: false,
      encoding: 'buffer',
      env: { ...Object.fromEntries(SURROUNDING.map((name) => [name, undefined])), ...QUIET, ...options.env },
      ...(options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input }),
    });
    let patience: NodeJS.Timeout | undefined;
    const end = () => {
      signalGroup(running.pid, 'SIGTERM');
      patience = setTimeout(signalGroup, PATIENCE, running.pid, 'SIGKILL');
    };
    options.signal?.addEventListener('abort', end, { once: true });
    const result = await running;
    options.signal?.removeEventListener('abort', end);
    clearTimeout(patience);
    options.signal?.throwIfAborted();
    if (result.code === 'ENOENT' || result.code === 'ENOTDIR') throw notStarted(directory);
    const bytes = Buffer.from(result.stdout);
    const words = wordsOf(Buffer.from(result.stderr).toString(), result.originalMessage);
    return { failed: result.failed, bytes, stdout: bytes.toString(), words };
  };
}

/** To git and whatever it has started, which holds its output open as long as it lives: ssh, or the hook of a remote on this machine. */
function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch {
    // It is over.
  }
}

/** A directory that is not there looks the same as a git that is not. */
function notStarted(directory: string): UserError {
  if (existsSync(directory)) return new UserError("git can't be started: there is none on the PATH", 'install git, or put it on the PATH');
  return new UserError(
    `git can't be started in ${directory}: there is no such directory`,
    'go to a checkout of the repository that Flux follows',
  );
}

/** "git version 2.39.5". @throws UserError when there is no git */
export async function gitVersion(directory: string): Promise<string> {
  return (await must(gitIn(directory), ['--version'])).trim();
}

/** What git printed. @throws UserError with git's own words when it failed */
export async function must(git: Git, args: readonly string[], options: GitOptions & { readonly remedy?: string } = {}): Promise<string> {
  return (await mustBytes(git, args, options)).toString();
}

/** As `must`, for what may not be text. */
export async function mustBytes(
  git: Git,
  args: readonly string[],
  options: GitOptions & { readonly remedy?: string } = {},
): Promise<Buffer> {
  const output = await git(args, options);
  if (!output.failed) return output.bytes;
  throw new UserError(`git ${args[0]} failed: ${output.words}`, options.remedy ?? 'correct what git names, then run again');
}

/** Arguments that bring a ref's objects here. No ref and no FETCH_HEAD is written: nothing of the user's moves, and two of us don't meet. */
export function fetchObjects(remote: string, ref: string): readonly string[] {
  return ['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', '--no-recurse-submodules', '--refmap=', remote, ref];
}

/** What git says besides what happened. Our remedies say what to do. */
const ADVICE =
  /^(hint:|\*\*\* Please tell me who you are|Run$|git config --global (user|--add)|to set your account's default identity|Omit --global|Please make sure you have the correct access rights$|and the repository exists\.$|To add an exception for this directory)/;

/** For a directory in which git finds no repository that it would use. */
export function noRepository(directory: string, words: string): UserError {
  if (words.includes('dubious ownership'))
    return new UserError(
      `the repository at ${directory} belongs to another user, and git does not use it: ${words}`,
      `if you trust what is in it: git config --global --add safe.directory ${directory}`,
    );
  return new UserError(
    `${directory} is not in a checkout of a Git repository: ${words}`,
    'run in a checkout of the repository that Flux follows',
  );
}

function wordsOf(stderr: string, otherwise: string | undefined): string {
  const lines = stderr.split('\n').map((line) => line.trim());
  const words = lines.filter((line) => line !== '' && !ADVICE.test(line)).join('; ');
  return redactUrls(words === '' ? (otherwise ?? 'git gave no reason') : words).slice(0, 1000);
}
