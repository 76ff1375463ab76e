import type { Cluster } from '@kubernetes/client-node';
import type { KubeConfig } from '@kubernetes/client-node/dist/config.js';
import { Agent, type Dispatcher } from 'undici';
import { EXIT, Unobserved, UserError } from '#model/errors.ts';
import { redact, redactUrls } from '#model/redact.ts';
import type { Connection } from './failures.ts';
import { readKubeconfig } from './kubeconfig.ts';
import { proxyFor } from './proxy.ts';

/** Where the API server is and how to talk to it, as a kubeconfig says; its proxy is the kubeconfig's, else the environment's. */
export interface Access extends Connection {
  readonly contextName: string;
  /** What the kubeconfig calls the user of that context. */
  readonly userName?: string;
  /** Fresh for each request: tokens of exec plugins and token files expire. The dispatcher stays the same while TLS does. */
  authorize(): Promise<{ headers: Record<string, string>; dispatcher: Dispatcher }>;
  /** Forgets credentials that a plugin or a file gave: they may have been replaced before their time. False: there are none such. */
  renew(): boolean;
}

export interface ConfigOptions {
  /** Path of a kubeconfig; default: KUBECONFIG, ~/.kube/config, the service account of the pod. */
  readonly kubeconfig?: string;
  readonly context?: string;
  /** Milliseconds for each try of a request; default: 30 seconds. */
  readonly timeout?: number;
}

/**
 * Reads the kubeconfig.
 * @throws UserError when there is none, it is unreadable, or has no such context
 */
export function loadConfig(options: ConfigOptions): Access {
  let config: KubeConfig;
  try {
    config = readKubeconfig(options.kubeconfig);
  } catch (error) {
    throw new UserError(
      `the kubeconfig ${placeOf(options)} can't be read: ${(error as Error).message.trim().split('\n', 1)[0]}`,
      'correct it, or name another with --kubeconfig or in KUBECONFIG',
    );
  }
  const { name, cluster } = chooseContext(config, options);
  let server: URL;
  try {
    server = new URL(cluster.server);
  } catch {
    throw noServer(name, cluster);
  }
  if (server.protocol !== 'http:' && server.protocol !== 'https:') throw noServer(name, cluster);
  // The library refuses plain HTTP (a local proxy, a rehearsal) unless verification is off, which has no meaning there.
  if (server.protocol === 'http:') Object.assign(cluster, { skipTLSVerify: true });
  const proxy = cluster.proxyUrl ?? proxyFor(server, process.env);
  if (proxy !== undefined) Object.assign(cluster, { proxyUrl: proxy });
  const userName = config.getCurrentUser()?.name;
  return {
    contextName: name,
    ...(userName && { userName }),
    server,
    ...(proxy === undefined ? {} : { proxy }),
    authorize: authorizer(config),
    renew: renewer(config),
  };
}

/** Where a kubeconfig was looked for, for a person. */
export function placeOf({ kubeconfig }: Pick<ConfigOptions, 'kubeconfig'>): string {
  return kubeconfig ?? (process.env.KUBECONFIG || '~/.kube/config');
}

function noServer(context: string, { server }: Cluster): UserError {
  return new UserError(
    `context "${context}" names no address of an API server but "${redactUrls(String(server))}"`,
    'write it as https://HOST:PORT in clusters[].cluster.server of the kubeconfig',
  );
}

function chooseContext(config: KubeConfig, options: ConfigOptions): { name: string; cluster: Cluster } {
  // Without any kubeconfig the library invents one for localhost:8080.
  if (config.contexts.length === 1 && config.currentContext === 'loaded-context') {
    throw new UserError(
      'there is no kubeconfig: KUBECONFIG is not set, and there is no ~/.kube/config',
      'get one from whoever runs the cluster, and name it with --kubeconfig or in KUBECONFIG',
    );
  }
  if (config.contexts.length === 0) {
    throw new UserError(`the kubeconfig ${placeOf(options)} has no context`, 'name another with --kubeconfig or in KUBECONFIG');
  }
  const names = config.contexts.map((context) => context.name);
  const name = options.context ?? config.currentContext;
  if (name === undefined || name === '') {
    throw new UserError('the kubeconfig has no current context', `choose one with --context: ${names.join(', ')}`);
  }
  const context = config.contexts.find((candidate) => candidate.name === name);
  if (context === undefined) {
    throw new UserError(`the kubeconfig has no context "${name}"`, `choose one with --context: ${names.join(', ')}`);
  }
  config.setCurrentContext(name);
  const cluster = config.getCurrentCluster();
  if (cluster === null) {
    throw new UserError(
      `context "${name}" names the cluster "${context.cluster}", which the kubeconfig lacks`,
      'correct the kubeconfig, or choose another context with --context',
      EXIT.usage,
    );
  }
  if (config.getCurrentUser() === null) {
    if (context.user) {
      throw new UserError(
        `context "${name}" names the user "${context.user}", whom the kubeconfig lacks`,
        'log in again, correct the kubeconfig, or choose another context with --context',
      );
    }
    // The library applies the cluster's certificate authority only when there is a user.
    config.users.push({ name: context.user });
  }
  return { name, cluster };
}

/** client-node keeps a plugin's token until it expires by its own word, and a file's for a minute. */
function renewer(config: KubeConfig): Access['renew'] {
  const { authenticators } = config as unknown as { authenticators: readonly { tokenCache?: object; token?: unknown }[] };
  return () => {
    const user = config.getCurrentUser();
    for (const kept of authenticators) {
      if ('tokenCache' in kept) kept.tokenCache = {};
      if ('token' in kept) kept.token = null;
    }
    return Boolean(user?.exec ?? user?.authProvider);
  };
}

/** client-node builds a dispatcher, thus a connection, for every request: this keeps one for each set of TLS options. */
function authorizer(config: KubeConfig): Access['authorize'] {
  const dispatchers = new Map<string, Dispatcher>();
  const internals = config as unknown as { createDispatcher(cluster: Cluster | null, options: object): Dispatcher | undefined };
  const create = internals.createDispatcher.bind(config);
  internals.createDispatcher = (cluster, options) => {
    const key = JSON.stringify(options);
    const dispatcher = dispatchers.get(key) ?? create(cluster, options) ?? new Agent();
    dispatchers.set(key, dispatcher);
    return dispatcher;
  };
  return async () => {
    const headers: Record<string, string> = {};
    let dispatcher: Dispatcher | undefined;
    const context = {
      setHeaderParam(name: string, value: string) {
        headers[name.toLowerCase()] = value;
      },
      setDispatcher(chosen: Dispatcher) {
        dispatcher = chosen;
      },
    };
    try {
      await config.applySecurityAuthentication(context as unknown as Parameters<KubeConfig['applySecurityAuthentication']>[0]);
    } catch (error) {
      const { words, remedy } = explainCredentials(error as NodeJS.ErrnoException, config.getCurrentUser()?.exec?.command);
      throw new Unobserved('unauthorized', `the credentials of context "${config.currentContext}" can't be had: ${words}`, remedy);
    }
    if (dispatcher === undefined) throw new Error('client-node set no dispatcher');
    return { headers, dispatcher };
  };
}

/** A plugin that fails, a certificate or token that can't be read. */
function explainCredentials(error: NodeJS.ErrnoException, plugin: string | undefined): { words: string; remedy: string } {
  const words = error.message.trim().split('\n', 1)[0] ?? '';
  if (plugin === undefined) return { words, remedy: 'correct users[].user in the kubeconfig, or log in again' };
  const command = `${plugin} (users[].user.exec.command in the kubeconfig)`;
  if (error.syscall?.startsWith('spawn'))
    return { words: `the plugin ${plugin} can't be started: ${words}`, remedy: `install ${command}, or put it on the PATH` };
  const said =
    error instanceof SyntaxError ? 'it answered with something that is no ExecCredential' : redact(words) || 'it failed without a word';
  return { words: `the plugin ${plugin}: ${said}`, remedy: `log in again; by hand ${command} has to print an ExecCredential` };
}
