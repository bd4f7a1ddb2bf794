import type { OutlayWindow } from './outlayWindow.ts';

/** Who calls, as agents tell it by their headers. Made-up keys. */
export const apiKey = { 'x-api-key': 'sk-ant-api03-made-up' } as const;
export const subscriptionLogin = { authorization: 'Bearer sk-ant-oat01-made-up' } as const;

export interface AgentCall {
  readonly model?: string;
  readonly prompt?: string;
  readonly session?: string;
  readonly login?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export const pricedModel = 'claude-sonnet-4-5-20250929';

/** Calls through the gateway as a Claude Code does that runs outside of this window. */
export async function callAsAgent(window: OutlayWindow, call: AgentCall = {}): Promise<Response> {
  const { port, token } = await window.lock();
  return fetch(`http://127.0.0.1:${port}/${token}/default/anthropic/v1/messages`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'anthropic-version': '2023-06-01',
      'user-agent': 'claude-cli/2.1.330 (external, cli)',
      'x-claude-code-session-id': call.session ?? '5b1d2c3e-0000-4000-8000-000000000001',
      ...(call.login ?? apiKey),
    },
    body: JSON.stringify({
      model: call.model ?? pricedModel,
      stream: true,
      max_tokens: 8_000,
      messages: [{ role: 'user', content: call.prompt ?? 'What is the answer?' }],
    }),
    ...(call.signal === undefined ? {} : { signal: call.signal }),
  });
}

/** Calls and reads the answer to its end. */
export async function completeCall(window: OutlayWindow, call: AgentCall = {}): Promise<string> {
  return (await callAsAgent(window, call)).text();
}
