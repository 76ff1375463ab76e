import { Agent, ProxyAgent } from 'undici';
import type { Kubernetes } from './kubernetes/connect.ts';
import { type Explained, explainConnection } from './kubernetes/connection.ts';
import { openHttp } from './kubernetes/http.ts';
import { proxyFor } from './kubernetes/proxy.ts';

/** Milliseconds: a part of 5 MiB takes its time on a slow line. */
const TIMEOUT = 120_000;
const SETTING = 'environment.storage.endpoint';

/** Requests to an object store outside of the cluster, by the rules of those to the API server, over the proxy that the environment names. */
export function openStore(server: URL): Pick<Kubernetes, 'request'> {
  const proxy = proxyFor(server, process.env);
  const dispatcher = proxy === undefined ? new Agent() : new ProxyAgent(proxy);
  return openHttp(
    {
      contextName: server.host,
      server,
      ...(proxy === undefined ? {} : { proxy }),
      explain: explainStore,
      // Every request is signed by itself: there is nothing to send along, nor to renew.
      authorize: async () => ({ headers: {}, dispatcher }),
      renew: () => false,
    },
    TIMEOUT,
  );
}

const REMEDIES: readonly (readonly [code: RegExp, remedy: string])[] = [
  [/^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EHOSTDOWN)$/, `start the object store or open the way to it, or correct ${SETTING}`],
  [
    /^(ENOTFOUND|EAI_AGAIN)$/,
    `correct ${SETTING} (a service of the cluster is http://SERVICE.NAMESPACE.svc:PORT), or join the network that knows this name`,
  ],
  [
    /^(EPROTO|ERR_SSL_WRONG_VERSION_NUMBER|ERR_SSL_PACKET_LENGTH_TOO_LONG)$/,
    `see whether its port is right, or write http:// in ${SETTING} when it is meant so`,
  ],
  [/^(UND_ERR_SOCKET|HPE_.*|ECONNRESET)$/, `see what listens there, and whether ${SETTING} has to begin with https://`],
  [/^CERT_HAS_EXPIRED$/, "renew the object store's certificate, and see that this clock is right"],
  [/^CERT_NOT_YET_VALID$/, "see that this machine's clock is right"],
  [/^ERR_TLS_CERT_ALTNAME_INVALID$/, `use a name of those in ${SETTING}`],
];

export function explainStore(code: string, words: string, server: URL, by?: string): Explained {
  // Whatever lies in between: this is the store's own certificate, or that of somebody who looks into its connections.
  if (/SELF_SIGNED|UNABLE_TO_|CERT_SIGNATURE_FAILURE|CERT_UNTRUSTED/.test(code))
    return {
      what: `its certificate is of an authority that this machine does not know (${words.split(';')[0]})`,
      remedy: `put its authority's certificate into a file, and name that in NODE_EXTRA_CA_CERTS; Loki needs it as well: loki.storage.s3.http_config.ca_file in environment.loki.values`,
    };
  if (by !== undefined && !/CERT/.test(code))
    return { what: words, remedy: 'see whether the proxy is right: HTTPS_PROXY or HTTP_PROXY, and NO_PROXY' };
  const { what } = explainConnection(code, words, server);
  const found = REMEDIES.find(([pattern]) => pattern.test(code));
  return { what, remedy: found?.[1] ?? `see that the object store is up and that ${SETTING} is right` };
}
