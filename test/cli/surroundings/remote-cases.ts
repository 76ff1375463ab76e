import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { vi } from 'vitest';
import { scratchFolder } from '../scratch.ts';
import { gitOverHttp, LOGIN, script, sshStandIn } from './git-servers.ts';
import { type Case, COMES_THROUGH, git, type Lab } from './lab.ts';
import { createAuthority, serveHttp, serveHttps } from './servers.ts';

async function overHttp(lab: Lab, serve: (listener: ReturnType<typeof gitOverHttp>) => Promise<string>): Promise<string> {
  git(lab.remote, 'config', 'http.receivepack', 'true');
  const url = await serve(gitOverHttp(dirname(lab.remote)));
  git(lab.checkout, 'remote', 'set-url', 'origin', `${url}/${basename(lab.remote)}`);
  return url;
}

const helper = () => script('helper', `[ "$1" = get ] && printf 'username=${LOGIN.user}\\npassword=${LOGIN.password}\\n'`);

export const REMOTES: readonly Case[] = [
  {
    ...COMES_THROUGH,
    name: 'A remote over SSH',
    async arrange({ checkout, remote }) {
      vi.stubEnv('GIT_SSH_COMMAND', await sshStandIn());
      git(checkout, 'remote', 'set-url', 'origin', `ssh://git@git.example.org${remote}`);
    },
  },
  {
    name: 'A remote over SSH that does not know the key',
    async arrange({ checkout, remote }) {
      vi.stubEnv('GIT_SSH_COMMAND', await script('ssh', 'echo "git@git.example.org: Permission denied (publickey)." >&2', 'exit 255'));
      git(checkout, 'remote', 'set-url', 'origin', `ssh://git@git.example.org${remote}`);
    },
    command: 'run --to 1 --yes',
    exit: 1,
    records: true,
  },
  {
    ...COMES_THROUGH,
    name: 'A remote over HTTP with a credential helper',
    async arrange(lab) {
      await overHttp(lab, (listener) => serveHttp(listener, lab.closing));
      git(lab.checkout, 'config', 'credential.helper', await helper());
    },
  },
  {
    ...COMES_THROUGH,
    name: 'A remote over HTTPS with an authority of its own and a credential helper',
    needs: 'openssl',
    async arrange(lab) {
      const authority = await createAuthority('homelab-ca');
      const { text } = await authority.issue('/CN=git', 'IP:127.0.0.1');
      await overHttp(lab, (listener) => serveHttps(listener, text, lab.closing));
      git(lab.checkout, 'config', 'http.sslCAInfo', authority.certificate);
      git(lab.checkout, 'config', 'credential.helper', await helper());
    },
  },
  {
    name: 'A remote over HTTPS whose authority git does not know',
    needs: 'openssl',
    async arrange(lab) {
      const { text } = await (await createAuthority('homelab-ca')).issue('/CN=git', 'IP:127.0.0.1');
      await overHttp(lab, (listener) => serveHttps(listener, text, lab.closing));
    },
    command: 'run --to 1 --yes',
    exit: 1,
    records: true,
  },
  {
    name: 'A remote over HTTP that wants a login, and nobody gives one',
    arrange: async (lab) => overHttp(lab, (listener) => serveHttp(listener, lab.closing)),
    command: 'run --to 1 --yes',
    exit: 1,
    records: true,
  },
  {
    name: 'A credential helper with a wrong password',
    async arrange(lab) {
      await overHttp(lab, (listener) => serveHttp(listener, lab.closing));
      git(
        lab.checkout,
        'config',
        'credential.helper',
        await script('helper', `[ "$1" = get ] && printf 'username=${LOGIN.user}\\npassword=old\\n'`),
      );
    },
    command: 'run --to 1 --yes',
    exit: 1,
    records: true,
  },
  {
    name: 'A credential helper that asks at the terminal',
    async arrange(lab) {
      await overHttp(lab, (listener) => serveHttp(listener, lab.closing));
      git(
        lab.checkout,
        'config',
        'credential.helper',
        await script('helper', '{ read password </dev/tty; } 2>/dev/null', 'echo "password=$password"'),
      );
    },
    command: 'run --to 1 --yes',
    exit: 1,
    terminal: true,
    records: true,
  },
  {
    ...COMES_THROUGH,
    name: 'Signed commits, by an SSH key',
    needs: 'ssh-keygen',
    async arrange({ checkout, remote, closing }) {
      const key = join(await scratchFolder(), 'id');
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'homelab@example.org', '-f', key]);
      for (const [name, value] of [
        ['commit.gpgsign', 'true'],
        ['gpg.format', 'ssh'],
        ['user.signingkey', `${key}.pub`],
      ] as const)
        git(checkout, 'config', name, value);
      const signers = `${key}.signers`;
      await writeFile(signers, `homelab@example.org ${await readFile(`${key}.pub`, 'utf8')}`);
      closing.defer(() => {
        git(remote, '-c', `gpg.ssh.allowedSignersFile=${signers}`, 'verify-commit', 'main');
      });
    },
  },
];
