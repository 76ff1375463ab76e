import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { temporary } from './server.ts';

export interface Lab {
  readonly bare: string;
  readonly checkout: string;
}

/** A bare repository with these files on main, and a checkout of it. */
export async function repositoryWith(files: Readonly<Record<string, string>>): Promise<Lab> {
  const directory = await temporary();
  const [bare, checkout] = [path.join(directory, 'remote.git'), path.join(directory, 'checkout')];
  git(directory, 'init', '--quiet', '--bare', '--initial-branch=main', bare);
  git(directory, 'init', '--quiet', '--initial-branch=main', checkout);
  git(checkout, 'config', 'user.name', 'Somebody');
  git(checkout, 'config', 'user.email', 'somebody@example.org');
  git(checkout, 'remote', 'add', 'origin', bare);
  await pushFiles(checkout, files, 'begin');
  return { bare, checkout };
}

/** What another person does with the checkout's remote. */
export async function pushFiles(checkout: string, files: Readonly<Record<string, string>>, message: string): Promise<void> {
  for (const [file, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(checkout, file)), { recursive: true });
    await writeFile(path.join(checkout, file), content);
    git(checkout, 'add', file);
  }
  git(checkout, 'commit', '--quiet', '--allow-empty', '-m', message);
  git(checkout, 'push', '--quiet', 'origin', 'HEAD:main');
}

export function git(directory: string, ...args: string[]): string {
  return execFileSync('git', ['-C', directory, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
