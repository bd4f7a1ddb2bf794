import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { publicUpstreams } from '../../src/gateway/upstreams.ts';
import { callControl } from '../../src/protocol/controlClient.ts';
import { projectDir } from '../support/meterProcess.ts';
import { dataDir, meter } from './rig.ts';

const recorder = join(projectDir, 'test/support/recordDestinations.cjs');
const withoutProxies = {
  HTTPS_PROXY: '',
  https_proxy: '',
  HTTP_PROXY: '',
  http_proxy: '',
  ALL_PROXY: '',
  all_proxy: '',
  NODE_USE_ENV_PROXY: '',
};

describe('whom the meter talks to', () => {
  it('is nobody by itself, and with calls only the providers of its routes', async () => {
    const books = dataDir();
    const file = join(dataDir(), 'destinations');
    const env = { ...withoutProxies, NODE_OPTIONS: `--require=${recorder}`, DESTINATIONS_FILE: file };
    const seen = () => (existsSync(file) ? [...new Set(readFileSync(file, 'utf8').trim().split('\n'))].sort() : []);
    const running = await meter({ dataDir: books, env });
    const lock = await running.lock();
    await callControl(lock, 'configure', { metering: true, priceOverrides: [], retentionDays: 1 });
    await callControl(lock, 'snapshot', {});
    expect(seen()).toEqual([]);
    const { anthropic = '', openai = '', gemini = '', codex = '' } = running.ready.baseUrls;
    const login = { authorization: 'Bearer made-up', 'chatgpt-account-id': 'made-up' };
    const calls: readonly (readonly [string, Record<string, string>])[] = [
      [`${anthropic}/v1/messages`, { 'x-api-key': 'made-up' }],
      [`${anthropic}/v1/unheard-of`, {}],
      [`${openai}/chat/completions`, { authorization: 'Bearer made-up' }],
      [`${openai}/responses`, { 'x-forwarded-host': 'evil.example' }],
      [`${gemini}/v1beta/models/m:generateContent`, { 'x-goog-api-key': 'made-up' }],
      [`${codex}/responses`, login],
    ];
    for (const [url, headers] of calls) {
      const answer = await fetch(url, { method: 'POST', headers, body: '{"model":"m","messages":[]}' });
      expect([url, answer.status]).toEqual([url, 502]);
    }
    expect(await running.stop()).toBe(0);
    const hosts = ['api.anthropic.com', 'api.openai.com', 'chatgpt.com', 'generativelanguage.googleapis.com'];
    const table = Object.values(publicUpstreams).flatMap((upstream) =>
      upstream ? [new URL(upstream.origin).hostname] : [],
    );
    expect(table).toEqual(expect.arrayContaining(hosts));
    expect(seen()).toEqual(
      [...hosts.map((host) => `connect ${host}:443`), ...hosts.map((host) => `dns ${host}`)].sort(),
    );
  });
});
