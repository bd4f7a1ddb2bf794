import type { Message } from '../../src/protocol/sidebar.ts';
import type { Shape } from './shape.ts';

/** What VS Code gives to a webview; it may be asked for once only. */
interface VsCodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare const acquireVsCodeApi: () => VsCodeApi;

/** The typed pair of ways between a webview and its extension. `In` and `Out` map message names to bodies. */
export interface HostChannel<Out> {
  send(message: Message<Out>): void;
  /** Interface state that outlives a hidden view. Never figures: those come anew. */
  loadUiState(): unknown;
  saveUiState(state: unknown): void;
}

export interface ChannelHandlers<In> {
  readonly shapes: { readonly [Name in keyof In]: Shape<In[Name]> };
  readonly on: { readonly [Name in keyof In]: (body: In[Name]) => void };
  /** A known message whose body is not what this build understands: the two sides are of different versions. */
  readonly onMismatch: (type: string) => void;
}

/** Listens from now on. Messages of unknown names are left alone, since other tools inject their own into webviews. */
export function openHostChannel<In, Out>(handlers: ChannelHandlers<In>): HostChannel<Out> {
  const api = acquireVsCodeApi();
  window.addEventListener('message', (event: MessageEvent<unknown>) => receive(handlers, event.data));
  return {
    send: (message) => api.postMessage(message),
    loadUiState: () => api.getState(),
    saveUiState: (state) => api.setState(state),
  };
}

/** Checks a message and hands its body on. Separate from the window so that it can be tested without one. */
export function receive<In>(handlers: ChannelHandlers<In>, data: unknown): void {
  if (typeof data !== 'object' || data === null || !('type' in data) || !('body' in data)) return;
  const { type, body } = data;
  if (typeof type !== 'string' || !Object.hasOwn(handlers.shapes, type)) return;
  const name = type as keyof In & string;
  if (handlers.shapes[name](body)) handlers.on[name](body);
  else handlers.onMismatch(type);
}
