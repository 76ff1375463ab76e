import * as semver from 'semver';
import { failed, met, type Verdict } from '#model/verdict.ts';

/** `rev-parse --path-format` came with it, and `fetch --no-write-fetch-head` shortly before. */
export const OLDEST_GIT = '2.31.0';

/** @param engines as package.json has it: "^22.22.2 || >=26" */
export function judgeNode(version: string, engines: string): Verdict {
  if (semver.satisfies(version, engines)) return met(version);
  return failed(version, [`this program is made for ${engines}`], 'install Node 24: https://nodejs.org');
}

/** @param words of `git --version`: "git version 2.39.5 (Apple Git-154)" */
export function judgeGit(words: string): Verdict {
  const version = semver.coerce(words);
  if (version !== null && semver.gte(version, OLDEST_GIT)) return met(words);
  return failed(
    words || 'git told no version',
    [`fetching without a trace in the checkout needs ${OLDEST_GIT}`],
    'install a newer git: https://git-scm.com/downloads',
  );
}
