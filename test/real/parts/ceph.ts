import { randomUUID } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { HOST } from './network.ts';
import { answers, startDaemon, waitUntilReady } from './process.ts';

/** Of the object gateway: the administrator's keys, with which users and buckets are made. */
export const S3 = { endpoint: `http://${HOST}:80`, accessKey: 'ADMINISTRATOR', secretKey: 'the-test-administrator' };

/** A monitor, one OSD in memory and the object gateway, out of Debian's packages. @returns milliseconds until the gateway answered */
export async function startCeph(directory: string, root: string): Promise<number> {
  const started = performance.now();
  const home = path.join(directory, 'ceph');
  const library = path.join(root, 'usr', 'lib', 'x86_64-linux-gnu');
  const env = {
    LD_LIBRARY_PATH: [library, path.join(library, 'ceph'), path.join(root, 'lib', 'x86_64-linux-gnu')].join(':'),
    PYTHONPATH: path.join(root, 'usr', 'lib', 'python3', 'dist-packages'),
    CEPH_CONF: path.join(home, 'ceph.conf'),
  };
  const tool = (name: string, ...args: readonly string[]) => execa(path.join(root, 'usr', 'bin', name), args, { env, timeout: 60_000 });
  const daemon = (name: string, ...args: readonly string[]) =>
    startDaemon(directory, { name, file: path.join(root, 'usr', 'bin', name), args: ['-f', ...args], env });
  const [fsid, keyring, map] = [randomUUID(), path.join(home, 'keyring'), path.join(home, 'monmap')];
  for (const name of ['mon', 'osd', 'rgw']) await fs.mkdir(path.join(home, name), { recursive: true });
  await fs.writeFile(env.CEPH_CONF, configuration(home, library, fsid));

  await tool('monmaptool', '--create', '--clobber', '--fsid', fsid, '--addv', 'a', '[v2:127.0.0.1:13300,v1:127.0.0.1:16789]', map);
  await makeKeyring(tool, keyring);
  await tool('ceph-mon', '--mkfs', '-i', 'a', '--monmap', map, '--keyring', keyring);
  const monitor = await daemon('ceph-mon', '-i', 'a');
  const osd = randomUUID();
  await waitUntilReady(monitor, 30, async () => !(await tool('ceph', '--connect-timeout', '3', 'osd', 'new', osd)).failed);
  await tool('ceph', 'auth', 'import', '-i', keyring);
  await tool('ceph-osd', '-i', '0', '--mkfs', '--osd-uuid', osd);
  const disk = await daemon('ceph-osd', '-i', '0');
  await waitUntilReady(disk, 30, async () => (await tool('ceph', 'osd', 'stat')).stdout.includes('1 up'));
  const gateway = await daemon('radosgw', '-n', 'client.rgw.a');
  await waitUntilReady(gateway, 60, () => answers(S3.endpoint));
  const keys = ['--access-key', S3.accessKey, '--secret-key', S3.secretKey];
  await tool(
    'radosgw-admin',
    'user',
    'create',
    '--uid',
    'administrator',
    '--display-name',
    'administrator',
    ...keys,
    '--caps',
    'users=*;buckets=*',
  );
  return performance.now() - started;
}

type Tool = (name: string, ...args: readonly string[]) => Promise<unknown>;

async function makeKeyring(tool: Tool, keyring: string): Promise<void> {
  const caps = (...all: readonly string[]) => all.flatMap((cap) => ['--cap', ...cap.split(/ (.*)/s).slice(0, 2)]);
  await tool('ceph-authtool', '--create-keyring', keyring, '--gen-key', '-n', 'mon.', ...caps('mon allow *'));
  await tool('ceph-authtool', keyring, '--gen-key', '-n', 'client.admin', ...caps('mon allow *', 'osd allow *', 'mgr allow *'));
  await tool('ceph-authtool', keyring, '--gen-key', '-n', 'client.rgw.a', ...caps('mon allow rwx', 'osd allow rwx'));
  await tool('ceph-authtool', keyring, '--gen-key', '-n', 'osd.0', ...caps('mon allow profile osd', 'osd allow *'));
}

function configuration(home: string, library: string, fsid: string): string {
  return `[global]
fsid = ${fsid}
mon host = [v2:127.0.0.1:13300,v1:127.0.0.1:16789]
public addr = 127.0.0.1
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd crush chooseleaf type = 0
mon allow pool size one = true
mon allow pool delete = true
osd objectstore = memstore
memstore device bytes = 4294967296
osd class dir = ${path.join(library, 'rados-classes')}
erasure code dir = ${path.join(library, 'ceph', 'erasure-code')}
plugin dir = ${path.join(library, 'ceph')}
run dir = ${home}
log file = ${home}/$name.log
admin socket = ${home}/$name.asok
pid file = ${home}/$name.pid
keyring = ${home}/keyring
[mon.a]
mon data = ${home}/mon
host = localhost
[osd.0]
osd data = ${home}/osd
[client.rgw.a]
rgw data = ${home}/rgw
rgw frontends = beast endpoint=0.0.0.0:80
rgw enable apis = s3, admin
`;
}
