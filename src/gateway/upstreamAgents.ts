import { type AgentOptions, Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Duplex } from 'node:stream';

export interface UpstreamAgentOptions {
  /** How long an unused connection is kept. Short, so that a request seldom meets one that the provider is closing. */
  readonly idleMs: number;
  /** Proxy variables (HTTPS_PROXY, NO_PROXY...) to reach https upstreams by, or null for none. */
  readonly proxyEnv: Readonly<Record<string, string | undefined>> | null;
}

/** How to reach one origin. */
export interface UpstreamEndpoint {
  readonly agent: HttpAgent | HttpsAgent;
  readonly secure: boolean;
  /** As a Host field names it. */
  readonly host: string;
  /** As a resolver takes it: without the brackets of an IPv6 address. */
  readonly hostname: string;
  readonly port: string;
}

/**
 * Keeps connections to upstreams, one agent an origin, without a cap on their number. The agent's `timeout` closes unused
 * sockets only: on one in use Node emits an event that nobody here listens to, so a model may be silent for an hour.
 */
export class UpstreamAgents {
  readonly #endpoints = new Map<string, UpstreamEndpoint>();
  readonly #options: AgentOptions & { readonly keepAliveInitialDelay: number; readonly noDelay: boolean };

  readonly #proxyEnv: UpstreamAgentOptions['proxyEnv'];

  constructor({ idleMs, proxyEnv }: UpstreamAgentOptions) {
    this.#options = {
      keepAlive: true,
      keepAliveMsecs: 30_000,
      keepAliveInitialDelay: 30_000,
      noDelay: true,
      maxSockets: Number.POSITIVE_INFINITY,
      maxFreeSockets: 64,
      scheduling: 'lifo',
      timeout: idleMs,
    };
    this.#proxyEnv = proxyEnv;
  }

  /** Throws where the environment names a proxy for https by what is no URL. */
  endpoint(origin: string): UpstreamEndpoint {
    let endpoint = this.#endpoints.get(origin);
    if (endpoint === undefined) {
      const { protocol, host, hostname, port } = new URL(origin);
      const secure = protocol === 'https:';
      // Plain http is for loopback, and no proxy leads there.
      const proxied =
        this.#proxyEnv === null ? this.#options : { ...this.#options, proxyEnv: withSchemes(this.#proxyEnv) };
      const agent = secure ? new CleanHttpsAgent(proxied) : new CleanHttpAgent(this.#options);
      endpoint = { agent, secure, host, hostname: hostname.replace(/^\[|\]$/g, ''), port };
      this.#endpoints.set(origin, endpoint);
    }
    return endpoint;
  }

  destroy(): void {
    for (const { agent } of this.#endpoints.values()) agent.destroy();
    this.#endpoints.clear();
  }
}

/** Node passes over a proxy that is named without a scheme, which most programs take for one of http. */
function withSchemes(env: NonNullable<UpstreamAgentOptions['proxyEnv']>): Record<string, string | undefined> {
  const out = { ...env };
  for (const name of ['https_proxy', 'HTTPS_PROXY']) {
    const value = out[name] ?? '';
    if (value !== '' && !value.includes('://')) out[name] = `http://${value}`;
  }
  return out;
}

/** Bytes that nobody asked for on an unused connection must never become the answer to the next request. */
function destroyOnBytes(this: Duplex): void {
  this.destroy();
}

class CleanHttpAgent extends HttpAgent {
  override keepSocketAlive(socket: Duplex): boolean {
    return guardWhileIdle(socket, super.keepSocketAlive(socket));
  }

  override reuseSocket(...args: Parameters<HttpAgent['reuseSocket']>): void {
    args[0].removeListener('data', destroyOnBytes);
    super.reuseSocket(...args);
  }
}

class CleanHttpsAgent extends HttpsAgent {
  override keepSocketAlive(socket: Duplex): boolean {
    return guardWhileIdle(socket, super.keepSocketAlive(socket));
  }

  override reuseSocket(...args: Parameters<HttpsAgent['reuseSocket']>): void {
    args[0].removeListener('data', destroyOnBytes);
    super.reuseSocket(...args);
  }
}

/** `kept` is what Node's own method returned; its published type does not say that it is a boolean. */
function guardWhileIdle(socket: Duplex, kept: unknown): boolean {
  if (kept !== true) return false;
  socket.on('data', destroyOnBytes);
  return true;
}
