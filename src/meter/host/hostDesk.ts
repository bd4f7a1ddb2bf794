import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../domain/clock.ts';
import { agentOf, bounded, sessionOf, subAgentOf } from '../../gateway/agents.ts';
import type { CallTap, GatewayObserver, RequestHead } from '../../gateway/contract.ts';
import { quotaOfHeaders } from '../../gateway/quotaHeaders.ts';
import type { HostBegin, HostItem, HostOrders, HostRefused } from '../../protocol/hostFeed.ts';
import { FrameReader, type HostFrame } from '../../protocol/hostFrames.ts';
import type { DirectRequest, HostRoute } from './hostRoute.ts';

/** So many calls of one window are followed at a time. */
const MAX_CALLS = 2000;
const workspacePattern = /^[A-Za-z0-9-]{1,64}$/;
const callIdPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export interface HostDeskOptions {
  readonly observer: GatewayObserver;
  readonly routeOf: (request: DirectRequest, workspaceId: string) => HostRoute | null;
  /** The task that a call without a session of its own belongs to; null for none. */
  readonly activeTask: (workspaceId: string) => string | null;
  readonly ordersFor: (workspaceId: string) => HostOrders;
  readonly onRefused: (workspaceId: string, refused: HostRefused) => void;
  readonly clock: Clock;
  readonly log: (line: string) => void;
}

/** Takes what windows observe in their extension hosts, and tells them which of their calls must not leave. */
export class HostDesk {
  readonly #options: HostDeskOptions;
  readonly #windows = new Set<HostWindow>();

  constructor(options: HostDeskOptions) {
    this.#options = options;
  }

  /** Calls of extension hosts that have not ended. */
  get inFlight(): number {
    return [...this.#windows].reduce((sum, window) => sum + window.inFlight, 0);
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    const window = new HostWindow(response, this.#options);
    this.#windows.add(window);
    const end = (): void => {
      this.#windows.delete(window);
      window.end();
      response.end();
    };
    request.on('data', (chunk: Buffer) => {
      if (window.push(chunk)) return;
      this.#options.log('a window told of its calls in a way that cannot be read');
      request.destroy();
    });
    request.on('end', end);
    request.on('close', end);
    request.on('error', end);
    response.on('error', end);
    response.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' });
    response.flushHeaders();
  }

  /** Something that orders follow from has changed; `booked` are calls that they know of from now on. */
  ordersChanged(booked: readonly string[] = []): void {
    for (const window of this.#windows) window.sendOrders(booked);
  }

  /** Lets every window go, with its calls unbooked: they tell them to the next meter. */
  close(): void {
    for (const window of this.#windows) window.leave();
    this.#windows.clear();
  }
}

class HostWindow {
  readonly #response: ServerResponse;
  readonly #options: HostDeskOptions;
  readonly #frames = new FrameReader((frame) => this.#take(frame));
  readonly #calls = new Map<number, CallTap>();
  /** Calls by id whose booking the window is to be told of. */
  readonly #unbooked = new Set<string>();
  #workspaceId: string | null = null;
  #sentOrders = '';
  #hasLeft = false;

  constructor(response: ServerResponse, options: HostDeskOptions) {
    this.#response = response;
    this.#options = options;
  }

  get inFlight(): number {
    return this.#calls.size;
  }

  push(chunk: Uint8Array): boolean {
    return this.#frames.push(chunk);
  }

  sendOrders(booked: readonly string[] = []): void {
    this.#send(booked.filter((id) => this.#unbooked.delete(id)));
  }

  #send(booked: readonly string[]): void {
    if (this.#workspaceId === null || this.#hasLeft) return;
    const orders = this.#options.ordersFor(this.#workspaceId);
    const text = JSON.stringify(orders);
    if (text === this.#sentOrders && booked.length === 0) return;
    this.#sentOrders = text;
    this.#response.write(`${booked.length > 0 ? JSON.stringify({ ...orders, booked }) : text}\n`);
  }

  /** The window is gone: its calls ended with it, or nobody will tell how they did. */
  end(): void {
    const nowMs = this.#options.clock.nowMs();
    for (const tap of this.#calls.values()) tap.end('client-gone', nowMs);
    this.#calls.clear();
  }

  leave(): void {
    this.#hasLeft = true;
    this.#calls.clear();
    this.#response.end();
  }

  #take(frame: HostFrame): void {
    if (this.#hasLeft) return;
    if (frame.kind === 'request') this.#calls.get(frame.no)?.requestBytes(frame.bytes);
    else if (frame.kind === 'response') this.#calls.get(frame.no)?.responseBytes(frame.bytes, frame.atMs);
    else this.#takeItem(frame.item);
  }

  #takeItem(item: HostItem): void {
    switch (item.kind) {
      case 'hello':
        if (!workspacePattern.test(item.workspaceId)) return;
        this.#workspaceId = item.workspaceId;
        this.sendOrders();
        return;
      case 'begin':
        this.#begin(item);
        return;
      case 'refused':
        if (this.#workspaceId !== null) this.#options.onRefused(this.#workspaceId, item);
        return;
      case 'moved':
        this.#calls.clear();
        return;
      default:
        this.#takeCallItem(item);
    }
  }

  #takeCallItem(item: Extract<HostItem, { readonly no: number }>): void {
    const tap = this.#calls.get(item.no);
    switch (item.kind) {
      case 'requestEnd':
        tap?.requestEnd();
        return;
      case 'responseHead': {
        const { fields, httpStatus, atMs } = item;
        tap?.responseHead({
          httpStatus,
          contentType: fields['content-type'] ?? null,
          contentEncoding: fields['content-encoding'] ?? null,
          requestId: requestIdOf(fields),
          quota: quotaOfHeaders(Object.entries(fields).flat(), atMs),
        });
        return;
      }
      case 'gap':
        tap?.gap?.();
        return;
      case 'named': {
        const agent = bounded(item.caller);
        if (agent !== null) tap?.named?.(agent);
        return;
      }
      case 'end':
        this.#calls.delete(item.no);
        tap?.end(item.end, item.atMs);
        return;
      case 'begin':
        return;
    }
  }

  #begin(item: HostBegin): void {
    const workspaceId = this.#workspaceId;
    if (workspaceId === null) return;
    const { origin, method, path, fields } = item;
    const request: DirectRequest & RequestHead = { origin, method, path, headers: fields };
    const isTaken = this.#calls.size < MAX_CALLS && callIdPattern.test(item.id);
    const route = isTaken ? this.#options.routeOf(request, workspaceId) : null;
    if (route === null) {
      // It will not be booked: nothing is to wait for that.
      this.#send([item.id]);
      return;
    }
    const { match, routeId, provider, auth } = route;
    const session = sessionOf(request);
    const tap = this.#options.observer.begin({
      id: item.id,
      startedAtMs: item.startedAtMs,
      workspaceId,
      // Agents without sessions go on where the user works: what began without a task must not stay without one.
      taskId: session === null ? this.#options.activeTask(workspaceId) : null,
      isWatched: false,
      routeId,
      provider,
      ...match,
      auth,
      agent: agentOfCall(item, request),
      session,
      subAgent: subAgentOf(request),
      requestEncoding: fields['content-encoding'] ?? null,
      source: 'host',
    });
    this.#calls.set(item.no, tap);
    if (this.#unbooked.size >= MAX_CALLS) this.#unbooked.clear();
    this.#unbooked.add(item.id);
  }
}

/** Who it is for sure, who it says that it is, who it probably is (with a question mark), or by what client it calls. */
function agentOfCall({ caller, probably }: HostBegin, request: RequestHead): string {
  const known = bounded(caller ?? undefined);
  if (known !== null) return known;
  const told = agentOf(request, '');
  const guessed = bounded(probably ?? undefined);
  const isTold = told !== 'unknown' && !told.endsWith('-sdk');
  return isTold || guessed === null ? told : `${guessed}?`;
}

function requestIdOf(fields: Readonly<Record<string, string>>): string | null {
  for (const name of ['request-id', 'x-request-id', 'x-amzn-requestid']) {
    const id = bounded(fields[name]);
    if (id !== null) return id;
  }
  return null;
}
