import { connect, createServer, type Server } from 'node:net';
import path from 'node:path';

/** Opens ways into the namespace: sockets in the file system, which know no network, to addresses inside. */
export async function relay(directory: string, ways: Readonly<Record<string, readonly [host: string, port: number]>>): Promise<void> {
  for (const [socket, [host, port]] of Object.entries(ways)) await pass(path.join(directory, socket), () => connect(port, host));
}

/** The outer end of such a way, on any free port of the loopback. */
export async function reach(directory: string, socket: string): Promise<number> {
  const server = await pass({ port: 0, host: '127.0.0.1' }, () => connect(path.join(directory, socket)));
  // It is there as long as somebody else has a reason to be.
  server.unref();
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function pass(where: string | { port: number; host: string }, open: () => ReturnType<typeof connect>): Promise<Server> {
  const server = createServer((near) => {
    const far = open();
    near.pipe(far).pipe(near);
    // One end that breaks off takes the other along.
    near.on('error', () => far.destroy());
    far.on('error', () => near.destroy());
  });
  await new Promise<void>((resolve) => server.listen(where, resolve));
  return server;
}
