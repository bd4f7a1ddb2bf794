import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '../domain/clock.ts';
import { type AdmissionPolicy, type AdmittedCall, admit } from './admission.ts';
import { agentOf, sessionOf, subAgentOf } from './agents.ts';
import { mayAskForUsage } from './asksForUsage.ts';
import { commandLineToken } from './commandLineToken.ts';
import type {
  CallGate,
  CallHead,
  CallOwner,
  CallTap,
  GatewayObserver,
  RefusalReason,
  RequestHead,
  Route,
  RouteMatch,
  Upstream,
} from './contract.ts';
import { Exchange } from './exchange.ts';
import { GatedCall } from './gatedCall.ts';
import { GuardedObserver } from './guardedObserver.ts';
import { firstValues, queryWithoutKey, withoutCredentials } from './headers.ts';
import { pathShape } from './pathShape.ts';
import { PeerCheck } from './peerCheck.ts';
import { refuseRequest, refuseSocket, sendJson } from './refusals.ts';
import { UpstreamAgents } from './upstreamAgents.ts';
import { isLoopbackHost, joinPath } from './upstreams.ts';

export interface GatewayOptions {
  /** The secret first segment of every path: at least 128 random bits in URL-safe characters. */
  readonly token: string;
  readonly routes: readonly Route[];
  /** Null carries calls and meters nothing. */
  readonly observer: GatewayObserver | null;
  readonly clock: Clock;
  /** Gets short sentences without anything of a request. */
  readonly log: (message: string) => void;
  readonly newCallId: () => string;
  /** A user's own base URL for a workspace and route, chained in place of the route's upstream; null for none. */
  readonly workspaceUpstream: (workspaceId: string, routeId: string) => Upstream | null;
  /** Serves paths under /control/, after the Host and Origin checks; it has its own authorisation. */
  readonly onControl: ((req: IncomingMessage, res: ServerResponse) => void) | null;
  /** Told of each request that is refused at the door, and nothing of it but why. */
  readonly onRefused?: (reason: RefusalReason) => void;
  /** Asked about connections that bring a token from a command line. */
  readonly peers?: Pick<PeerCheck, 'isKnown' | 'allows'>;
  /** Proxy variables (HTTPS_PROXY, NO_PROXY) to reach https upstreams by; null, the default, connects directly. */
  readonly proxyEnv?: Readonly<Record<string, string | undefined>> | null;
  /** Whom the second path segment names; a workspace of that id, and no task, where left out. */
  readonly ownerOf?: (segment: string) => CallOwner;
  /** Holds up calls that may fall under a hard limit; null, the default, holds up nothing. */
  readonly gate?: CallGate | null;
  /** The longest body that is ever read whole before it is sent; 64 MiB unless a test says otherwise. */
  readonly wholeBodyBytesMax?: number;
  /** How long an unused upstream connection is kept; 4,000 unless a test says otherwise. */
  readonly upstreamIdleMs?: number;
}

export interface Gateway {
  /** Listens on 127.0.0.1; rejects with Node's own error where the port is taken. */
  listen(port: number): Promise<{ readonly port: number }>;
  /** Base URLs by route id, and by the names of a route's other bases, in the form that SDKs take. */
  baseUrls(workspaceId: string): Readonly<Record<string, string>>;
  /** Calls that have not ended, metered or not. */
  inFlight(): number;
  /** Frees the port; calls in flight go on, and a connection that is kept serves one more and closes. */
  stopListening(): void;
  /** Stops listening, waits for calls in flight, breaks off what is left after `graceMs`. */
  close(options: { readonly graceMs: number }): Promise<void>;
}

/** The loopback gateway: admits, routes, forwards and shows the observer what passed. */
export function createGateway(options: GatewayOptions): Gateway {
  return new LoopbackGateway(options);
}

class LoopbackGateway implements Gateway {
  readonly #options: GatewayOptions;
  readonly #server: Server;
  readonly #agents: UpstreamAgents;
  readonly #observer: GuardedObserver | null;
  readonly #routes: ReadonlyMap<string, Route>;
  readonly #token: Buffer;
  readonly #commandLineToken: string;
  readonly #peers: Pick<PeerCheck, 'isKnown' | 'allows'>;
  readonly #exchanges = new Set<Running>();
  #policy: AdmissionPolicy;
  #stopping = false;
  #idle: (() => void) | null = null;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#token = Buffer.from(options.token, 'latin1');
    this.#commandLineToken = commandLineToken(options.token);
    this.#peers = options.peers ?? new PeerCheck();
    this.#routes = new Map(options.routes.map((route) => [route.id, route]));
    this.#observer = options.observer === null ? null : new GuardedObserver(options.observer, options.log);
    this.#agents = new UpstreamAgents({ idleMs: options.upstreamIdleMs ?? 4_000, proxyEnv: options.proxyEnv ?? null });
    this.#policy = this.#policyFor(0);
    this.#server = this.#createServer();
  }

  async listen(port: number): Promise<{ readonly port: number }> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ port, host: '127.0.0.1', exclusive: true, backlog: 4096 }, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    this.#server.on('error', () => this.#options.log('The listening socket failed.'));
    const bound = (this.#server.address() as AddressInfo).port;
    this.#policy = this.#policyFor(bound);
    return { port: bound };
  }

  baseUrls(workspaceId: string): Readonly<Record<string, string>> {
    const origin = `http://127.0.0.1:${this.#policy.port}`;
    return Object.fromEntries(
      this.#options.routes.flatMap(({ id, baseSuffix, otherBases = {}, onCommandLine }) => {
        const token = onCommandLine === true ? this.#commandLineToken : this.#options.token;
        const base = `${origin}/${token}/${workspaceId}/${id}`;
        return Object.entries({ [id]: baseSuffix, ...otherBases }).map(([name, suffix]) => [name, base + suffix]);
      }),
    );
  }

  inFlight(): number {
    return this.#exchanges.size;
  }

  stopListening(): void {
    this.#stopping = true;
    this.#server.close();
  }

  async close({ graceMs }: { readonly graceMs: number }): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      if (this.#server.listening) this.#server.once('close', resolve);
      else resolve();
    });
    this.stopListening();
    if (this.#exchanges.size > 0) await this.#drained(graceMs);
    for (const exchange of this.#exchanges) exchange.cut();
    this.#exchanges.clear();
    this.#server.closeAllConnections();
    this.#agents.destroy();
    await closed;
  }

  #drained(graceMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, graceMs);
      this.#idle = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #policyFor(port: number): AdmissionPolicy {
    return {
      port,
      token: this.#token,
      commandLineToken: Buffer.from(this.#commandLineToken, 'latin1'),
      routes: this.#routes,
      control: this.#options.onControl !== null,
    };
  }

  #createServer(): Server {
    const server = createServer({
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: 30_000,
      // Longer than agents keep unused connections, so that it is they who close them.
      keepAliveTimeout: 300_000,
      headersTimeout: 60_000,
      // A large body may take as long as it takes.
      requestTimeout: 0,
      maxHeaderSize: 64 * 1024,
      // Offers of other protocols that HTTP/1.1 lets a server pass over (h2c) are ordinary requests.
      shouldUpgradeCallback: (req) => req.headers.upgrade?.toLowerCase() === 'websocket',
    });
    server.timeout = 0;
    // Node drops what is over its count without a word; the size of the head is bound already.
    server.maxHeadersCount = 0;
    server.on('request', (req, res) => this.#serve(req, res));
    server.on('checkContinue', (req, res) => this.#serve(req, res, () => res.writeContinue()));
    server.on('upgrade', (req, socket) => this.#refuseUpgrade(req, socket));
    server.on('connect', (_req, socket) =>
      refuseSocket(socket, '405 Method Not Allowed', { message: 'This method is not served.' }),
    );
    return server;
  }

  #serve(req: IncomingMessage, res: ServerResponse, invite?: () => void): void {
    if (this.#stopping) res.shouldKeepAlive = false;
    const admission = admit(req, this.#policy);
    if (admission.kind === 'refused') {
      this.#told(admission.reason);
      refuseRequest(res, admission);
      return;
    }
    if (admission.kind === 'call' && admission.fromCommandLine && !this.#peers.isKnown(req.socket)) {
      void this.#forwardIfOwn(req, res, { call: admission, invite });
      return;
    }
    invite?.();
    if (admission.kind === 'call') this.#forward(req, res, admission);
    else this.#control(req, res);
  }

  /** The first request of a connection with a token that other users can see; its body waits where it is. */
  async #forwardIfOwn(
    req: IncomingMessage,
    res: ServerResponse,
    { call, invite }: { readonly call: AdmittedCall; readonly invite: (() => void) | undefined },
  ): Promise<void> {
    const isOwn = await this.#peers.allows(req.socket).catch(() => false);
    // Who has gone meanwhile needs neither an answer nor an upstream.
    if (res.destroyed || req.destroyed) return;
    if (!isOwn) {
      this.#told('other-user');
      refuseRequest(res, { status: 401, message: 'Not authorised.', close: true });
      return;
    }
    invite?.();
    this.#forward(req, res, call);
  }

  #told(reason: RefusalReason | null): void {
    if (reason !== null) this.#options.onRefused?.(reason);
  }

  #control(req: IncomingMessage, res: ServerResponse): void {
    try {
      this.#options.onControl?.(req, res);
    } catch {
      this.#options.log('A control request failed.');
      if (res.headersSent) res.destroy();
      else refuseRequest(res, { status: 500, message: 'The control API failed.', close: true });
    }
  }

  #refuseUpgrade(req: IncomingMessage, socket: Duplex): void {
    const admission = admit(req, this.#policy);
    if (admission.kind === 'refused') {
      const { status, message, reason } = admission;
      this.#told(reason);
      refuseSocket(socket, `${status} ${status === 401 ? 'Unauthorized' : 'Refused'}`, { message });
      return;
    }
    // Codex opens a WebSocket first and falls back to plain requests at once on this status only.
    refuseSocket(socket, '426 Upgrade Required', {
      message: 'Only plain HTTP requests are served.',
      fields: ['Upgrade: HTTP/1.1'],
    });
  }

  #forward(req: IncomingMessage, res: ServerResponse, call: AdmittedCall): void {
    const { route } = call;
    const all = firstValues(req.rawHeaders);
    const method = req.method ?? 'GET';
    const head: RequestHead = {
      method,
      path: call.path + queryWithoutKey(call.query),
      headers: withoutCredentials(all),
    };
    const full: RequestHead = { method, path: call.path + call.query, headers: all };
    const owner = this.#options.ownerOf?.(call.workspaceId) ?? { workspaceId: call.workspaceId, taskId: null };
    const target = this.#targetOf({ ...call, workspaceId: owner.workspaceId }, head, full);
    if ('message' in target) {
      sendJson(res, { status: target.status, close: false }, route.errorBody(target.status, target.message));
      return;
    }
    const upstream = target;
    const path = route.upstreamPath(call.path);
    const match = route.match(method, path);
    const joined = joinPath(upstream.basePath, path);
    const startedAtMs = this.#options.clock.nowMs();
    const startedMonotonicMs = this.#options.clock.monotonicMs();
    const callHead = (found: RouteMatch): CallHead => ({
      id: this.#options.newCallId(),
      startedAtMs,
      workspaceId: owner.workspaceId,
      taskId: owner.taskId,
      isWatched: false,
      routeId: route.id,
      provider: upstream.provider,
      ...found,
      auth: route.auth(full),
      agent: agentOf(head, owner.workspaceId),
      session: sessionOf(head),
      subAgent: subAgentOf(head),
      requestEncoding: all['content-encoding'] ?? null,
      ...(/\bthinking-token-count-\d/.test(all['anthropic-beta'] ?? '') ? { countsThinking: true } : {}),
    });
    const begin = (found: CallHead): CallTap | null => this.#observer?.begin(found) ?? null;
    const { gate = null } = this.#options;
    // Without a gate the head is put together after the request has been sent on.
    const known = gate === null || match === null ? null : callHead(match);
    const beginTap = (): CallTap | null => {
      if (this.#observer === null) return null;
      if (match !== null) return begin(known ?? callHead(match));
      this.#observer.unmetered(route.id, method, pathShape(path));
      return null;
    };
    const plan = {
      upstream,
      path: (joined === '' ? '/' : joined) + call.query,
      chat:
        match?.api === 'openai-chat' &&
        isPlain(all['content-encoding'] ?? '') &&
        mayAskForUsage(upstream.provider, path + call.query),
      startedAtMs,
      startedMonotonicMs,
      errorBody: route.errorBody,
    };
    const { clock, wholeBodyBytesMax = 64 * 1024 * 1024 } = this.#options;
    const tools = { agents: this.#agents, clock, wholeBodyBytesMax };
    if (gate !== null && known !== null && this.#concerns(gate, known)) {
      const { log } = this.#options;
      this.#run(new GatedCall({ req, res }, { gate, head: known, exchange: plan, begin, log }, tools), res);
    } else this.#run(new Exchange({ req, res }, { ...plan, beginTap, watched: null }, tools), res);
  }

  /** A gate that fails here is asked all the same: it must not let a call through unseen. */
  #concerns(gate: CallGate, head: CallHead): boolean {
    try {
      return gate.concerns(head);
    } catch {
      return true;
    }
  }

  #run(exchange: Running, res: ServerResponse): void {
    this.#exchanges.add(exchange);
    res.once('close', () => {
      this.#exchanges.delete(exchange);
      if (this.#exchanges.size === 0) this.#idle?.();
    });
    exchange.start();
  }

  /**
   * Where a call goes, or why it is answered here and sent nowhere; `full` is its head with credentials. Agents show the sentence
   * of a 400 at once and try again after most others: on a 403 Claude Code refreshes its credentials for a minute.
   */
  #targetOf({ workspaceId, route }: AdmittedCall, head: RequestHead, full: RequestHead): Upstream | Answer {
    const upstream = this.#options.workspaceUpstream(workspaceId, route.id) ?? route.upstream(head);
    if (upstream === null)
      return {
        status: 400,
        message: `The address of "${route.id}" is not known: name it in the setting outlay.upstreams.`,
      };
    if (this.#isOurselves(upstream)) return { status: 502, message: 'The upstream of this route is Outlay itself.' };
    const message = route.impossible?.(full, upstream) ?? this.#proxyProblem(upstream);
    return message === null ? upstream : { status: 400, message };
  }

  /** Neither may the call wait for an answer for ever, nor go past the proxy. */
  #proxyProblem({ origin }: Upstream): string | null {
    try {
      this.#agents.endpoint(origin);
      return null;
    } catch {
      return 'The variable HTTPS_PROXY does not hold the URL of a proxy, so Outlay did not send this call.';
    }
  }

  #isOurselves({ origin }: Upstream): boolean {
    if (!origin.startsWith('http:')) return false;
    const url = new URL(origin);
    return Number(url.port) === this.#policy.port && isLoopbackHost(url.hostname.replace(/^\[|\]$/g, ''));
  }
}

/** An exchange, or what decides whether there will be one. */
interface Running {
  start(): void;
  /** Breaks it off, at shutdown. */
  cut(): void;
}

interface Answer {
  readonly status: 400 | 502;
  readonly message: string;
}

function isPlain(contentEncoding: string): boolean {
  const coding = contentEncoding.trim().toLowerCase();
  return coding === '' || coding === 'identity';
}
