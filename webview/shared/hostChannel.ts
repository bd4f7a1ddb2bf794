import type { Message } from '../../src/protocol/sidebar.ts';
import { type ChannelHandlers, receive } from './receive.ts';

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
