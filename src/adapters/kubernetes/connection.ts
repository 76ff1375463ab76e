/** What is wrong with a connection in words of ours where Node's or OpenSSL's don't say it, and what to do about it. */
export interface Explained {
  readonly what: string;
  readonly remedy: string;
}

const SERVER = 'clusters[].cluster.server in the kubeconfig';
const AUTHORITY = 'clusters[].cluster.certificate-authority-data in the kubeconfig';

const CAUSES: readonly (readonly [code: RegExp, (words: string, server: URL) => Explained])[] = [
  [
    /^ECONNREFUSED$/,
    (words) => ({
      what: `nobody listens there (${words})`,
      remedy: `start the cluster, or correct ${SERVER}, or choose another --context`,
    }),
  ],
  [
    /^(ENOTFOUND|EAI_AGAIN)$/,
    (_, { hostname }) => ({
      what: `the name ${hostname} can't be resolved`,
      remedy: `join the network that knows this name (VPN), or correct ${SERVER}`,
    }),
  ],
  [
    /^(EHOSTUNREACH|ENETUNREACH|EHOSTDOWN)$/,
    (words) => ({ what: words, remedy: `join the network that the API server is in (VPN), or correct ${SERVER}` }),
  ],
  [
    /^(EPROTO|ERR_SSL_WRONG_VERSION_NUMBER|ERR_SSL_PACKET_LENGTH_TOO_LONG)$/,
    () => ({
      what: 'what answers there does not speak TLS',
      remedy: `see whether host and port are right, or write http:// in ${SERVER} when it is meant so (kubectl proxy)`,
    }),
  ],
  [
    /^(UND_ERR_SOCKET|HPE_INVALID_CONSTANT|HPE_.*|ECONNRESET)$/,
    (words, { protocol }) =>
      protocol === 'http:'
        ? {
            what: `it closed the connection without an answer in HTTP (${words}), as one that speaks HTTPS does`,
            remedy: `write https:// in ${SERVER}, or see what listens there`,
          }
        : {
            what: 'it closed the connection without an answer',
            remedy: 'see what listens there and lies in between, and whether it takes the client certificate of the kubeconfig',
          },
  ],
  [
    /^CERT_HAS_EXPIRED$/,
    () => ({
      what: 'its certificate has expired',
      remedy: "renew the API server's certificate (kubeadm certs renew), and see that this clock is right",
    }),
  ],
  [/^CERT_NOT_YET_VALID$/, () => ({ what: 'its certificate is not valid yet', remedy: "see that this machine's clock is right" })],
  [
    /^ERR_TLS_CERT_ALTNAME_INVALID$/,
    (words) => ({
      what: `its certificate is for other names (${words})`,
      remedy: `use a name of those in ${SERVER}, or name one in clusters[].cluster.tls-server-name`,
    }),
  ],
  [
    /SELF_SIGNED|UNABLE_TO_|CERT_SIGNATURE_FAILURE|CERT_UNTRUSTED/,
    (words) => ({
      what: `its certificate is of an authority that the kubeconfig does not name (${words.split(';')[0]})`,
      remedy: `see that this is your cluster and nobody in between, then put its authority's certificate into ${AUTHORITY}`,
    }),
  ],
  [
    /^ERR_SSL_.*(ALERT|CERTIFICATE)/,
    (words) => ({
      what: `it refused the TLS connection (${words})`,
      remedy: 'renew the client certificate: users[].user.client-certificate-data in the kubeconfig',
    }),
  ],
];

/** @param by host and port of the proxy in between, which is the first to blame */
export function explainConnection(code: string, words: string, server: URL, by?: string): Explained {
  if (by !== undefined) {
    const remedy = 'see whether the proxy is right: clusters[].cluster.proxy-url in the kubeconfig, else HTTPS_PROXY and NO_PROXY';
    return { what: words, remedy };
  }
  const cause = CAUSES.find(([pattern]) => pattern.test(code));
  return cause?.[1](words, server) ?? { what: words, remedy: 'start the cluster or log in to it, or choose another --context' };
}
