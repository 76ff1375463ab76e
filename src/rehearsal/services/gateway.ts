import type { Manifest } from '#model/kubernetes.ts';
import { dataOf, volumeOf } from '../tree.ts';
import type { ServiceProcess, ServiceResponse } from '../world.ts';
import type { Send } from './network.ts';

/** Loki's nginx: it forwards what the locations of its nginx.conf say and nothing else. */
export function gatewayProcess(pod: Manifest, send: Send): ServiceProcess {
  return async (request, world) => {
    const configuration = dataOf(volumeOf(world.store, pod, 'config'))['nginx.conf'] ?? '';
    if (request.body.length > bodyLimit(configuration)) return page(413, 'Request Entity Too Large');
    const upstream = findUpstream(configuration, request.path);
    if (upstream === undefined) return page(404, 'Not Found');
    return (await send(world, `${upstream}${request.path}`, request)) ?? page(502, 'Bad Gateway');
  };
}

/** Bytes; only what is given in kilobytes, for nobody sets another limit. */
function bodyLimit(configuration: string): number {
  const [, kilobytes] = /client_max_body_size +(\d+)k;/.exec(configuration) ?? [];
  return kilobytes === undefined ? Number.POSITIVE_INFINITY : Number(kilobytes) * 1024;
}

function findUpstream(configuration: string, path: string): string | undefined {
  const locations = configuration.matchAll(/location +(=|\^~) +(\S+) +\{\s*proxy_pass +(http:\/\/[^/$;]+)/g);
  return [...locations].find(([, how, match = '']) => (how === '=' ? path === match : path.startsWith(match)))?.[3];
}

function page(status: number, title: string): ServiceResponse {
  const heading = `${status} ${title}`;
  const body = `<html>\r\n<head><title>${heading}</title></head>\r\n<body>\r\n<center><h1>${heading}</h1></center>\r\n<hr><center>nginx/1.29.1</center>\r\n</body>\r\n</html>\r\n`;
  return { status, contentType: 'text/html', body };
}
