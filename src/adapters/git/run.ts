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

/** The user's own git in one directory. A failing command is an output, not an error. @throws UserError when there is no git */
export function gitIn(directory: string): Git {
  return async (args, options = {}) => {
    const { execa } = await import('execa');
    const result = await execa('git', [...SETTINGS, ...args], {
      cwd: directory,
      reject: false,
      stripFinalNewline: false,
      encoding: 'buffer',
      env: { ...Object.fromEntries(SURROUNDING.map((name) => [name, undefined])), ...QUIET, ...options.env },
      ...(options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input }),
      ...(options.signal !== undefined && { cancelSignal: options.signal }),
    });
    options.signal?.throwIfAborted();
    if (result.code === 'ENOENT')
      throw new UserError(`git can't be started in ${directory}: ${result.originalMessage}`, 'install git, and name an existing directory');
    const bytes = Buffer.from(result.stdout);
    const words = wordsOf(Buffer.from(result.stderr).toString(), result.originalMessage);
    return { failed: result.failed, bytes, stdout: bytes.toString(), words };
  };
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

function wordsOf(stderr: string, otherwise: string | undefined): string {
  const lines = stderr.split('\n').map((line) => line.trim());
  const words = lines.filter((line) => line !== '' && !line.startsWith('hint:')).join('; ');
  return redactUrls(words === '' ? (otherwise ?? 'git gave no reason') : words).slice(0, 1000);
}
