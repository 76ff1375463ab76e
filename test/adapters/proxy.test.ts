import { expect, it } from 'vitest';
import { proxyFor } from '#adapters/kubernetes/proxy.ts';

const HTTPS_PROXY = 'http://proxy:3128';

it.each<[string, string, Record<string, string>, string | undefined]>([
  ['is the one for HTTPS', 'https://api.lab:6443', { HTTPS_PROXY, HTTP_PROXY: 'http://other' }, HTTPS_PROXY],
  ['is the one for HTTP', 'http://api.lab', { HTTPS_PROXY, http_proxy: 'other:80' }, 'http://other:80'],
  ['is none without a variable', 'https://api.lab', {}, undefined],
  ['is none for this machine', 'https://127.0.0.1:6443', { HTTPS_PROXY }, undefined],
  ['is none for an exempt name', 'https://api.lab', { HTTPS_PROXY, NO_PROXY: 'one, API.lab' }, undefined],
  ['is none below an exempt name', 'https://api.lab', { HTTPS_PROXY, NO_PROXY: '.lab' }, undefined],
  ['is none below an exempt name without a dot', 'https://api.home.lab', { HTTPS_PROXY, no_proxy: 'home.lab' }, undefined],
  ['stays for a name that only ends alike', 'https://api.mylab', { HTTPS_PROXY, NO_PROXY: 'lab' }, HTTPS_PROXY],
  ['is none in an exempt network', 'https://10.1.2.3:6443', { HTTPS_PROXY, NO_PROXY: '10.0.0.0/8' }, undefined],
  ['stays outside of it', 'https://11.1.2.3:6443', { HTTPS_PROXY, NO_PROXY: '10.0.0.0/8,fd00::/8' }, HTTPS_PROXY],
  ['stays at another port than the exempt one', 'https://api.lab:6443', { HTTPS_PROXY, NO_PROXY: 'api.lab:443' }, HTTPS_PROXY],
  ['is none where all is exempt', 'https://api.lab', { HTTPS_PROXY, NO_PROXY: '*' }, undefined],
])('the proxy %s', (_, server, env, proxy) => {
  expect(proxyFor(new URL(server), env)).toBe(proxy);
});
