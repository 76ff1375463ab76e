import net from 'node:net';

type Variables = Readonly<Record<string, string | undefined>>;

/** The proxy that the environment names for a server, by the rules of kubectl (Go's httpproxy); undefined: none. */
export function proxyFor(server: URL, env: Variables): string | undefined {
  const name = server.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const proxy = env[name] || env[name.toLowerCase()];
  if (!proxy || isLocal(server) || isExempt(server, env.NO_PROXY || env.no_proxy || '')) return undefined;
  return /^\w+:\/\//.test(proxy) ? proxy : `http://${proxy}`;
}

function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '').toLowerCase();
}

function isLocal(server: URL): boolean {
  const host = hostOf(server);
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

/** Names with all below them, addresses, networks, and everything. */
function isExempt(server: URL, list: string): boolean {
  const host = hostOf(server);
  const port = server.port || (server.protocol === 'https:' ? '443' : '80');
  return list.split(',').some((entry) => {
    const [, name = '', only] = /^(.*?)(?::(\d+))?$/.exec(entry.trim().toLowerCase()) ?? [];
    if (name === '' || (only !== undefined && only !== port)) return false;
    if (name === '*' || name === host) return true;
    if (name.includes('/')) return isInNetwork(host, name);
    const below = name.replace(/^\*?\./, '');
    return host.endsWith(`.${below}`);
  });
}

function isInNetwork(host: string, network: string): boolean {
  const [address = '', prefix] = network.split('/');
  if (net.isIPv4(host) !== net.isIPv4(address) || net.isIP(host) === 0 || net.isIP(address) === 0) return false;
  const kind = net.isIPv4(host) ? 'ipv4' : 'ipv6';
  const list = new net.BlockList();
  list.addSubnet(address, Number(prefix), kind);
  return list.check(host, kind);
}
