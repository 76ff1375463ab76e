import type { Manifest } from '#model/kubernetes.ts';
import { dataOf, specOf, type Tree } from '../tree.ts';
import type { ServiceProcess, ServiceResponse, World } from '../world.ts';
import type { Send } from './network.ts';

/** Loki's nginx: it forwards what the locations of its nginx.conf say and nothing else. */
export function gatewayProcess(pod: Manifest, send: Send): ServiceProcess {
  return async (request, world) => {
    const location = findLocation(configurationOf(world, pod), request.path);
    if (location === undefined) return page(404, 'Not Found');
    const [, status, body] = /return (\d+) '([^']*)'/.exec(location) ?? [];
    if (status !== undefined) return { status: Number(status), contentType: 'application/octet-stream', body: body ?? '' };
    const upstream = /proxy_pass +(http:\/\/[^/$;]+)/.exec(location)?.[1];
    return (await send(world, `${upstream}${request.path}`, request)) ?? page(502, 'Bad Gateway');
  };
}

/** As nginx chooses: an exact match, else the longest prefix. */
function findLocation(configuration: string, path: string): string | undefined {
  const locations = [...configuration.matchAll(/location +(?:(=|\^~) +)?(\S+) +\{([^}]*)\}/g)];
  const exact = locations.find(([, how, match]) => how === '=' && match === path);
  const prefixes = locations.filter(([, how, match = '']) => how !== '=' && path.startsWith(match));
  prefixes.sort(([, , a = ''], [, , b = '']) => b.length - a.length);
  return (exact ?? prefixes[0])?.[3];
}

function configurationOf(world: World, pod: Manifest): string {
  const name = specOf(pod).volumes.find((volume: Tree) => volume.name === 'config')?.configMap.name;
  return (
    dataOf(world.store.get({ apiVersion: 'v1', kind: 'ConfigMap', namespace: pod.metadata.namespace ?? '', name }))['nginx.conf'] ?? ''
  );
}

function page(status: number, title: string): ServiceResponse {
  const heading = `${status} ${title}`;
  const body = `<html>\r\n<head><title>${heading}</title></head>\r\n<body>\r\n<center><h1>${heading}</h1></center>\r\n<hr><center>nginx/1.29.1</center>\r\n</body>\r\n</html>\r\n`;
  return { status, contentType: 'text/html', body };
}
