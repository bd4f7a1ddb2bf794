import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type ClineFiles,
  connectCline,
  disconnectCline,
  previewCline,
} from '../../../src/agentSettings/clineConnection.ts';
import { clineProviders, clineSettingsPath } from '../../../src/agentSettings/clineProviders.ts';
import { RECORD_FILE_NAME } from '../../../src/agentSettings/connectionRecord.ts';
import { run } from '../cli/cliFixture.ts';
import { tempDir } from '../ledger/tempDir.ts';

const key = 'sk-made-up-key';

function addresses(port: number): Readonly<Record<string, string>> {
  const names = Object.values(clineProviders).map(({ routeId, baseUrlId }) => baseUrlId ?? routeId);
  return Object.fromEntries(names.map((name) => [name, `http://127.0.0.1:${port}/token/agent-cline/${name}`]));
}

interface Provider {
  readonly baseUrl?: string;
  readonly apiLine?: string;
}

function clineWith(providers: Readonly<Record<string, Provider>>): ClineFiles & { read(): string } {
  const root = tempDir();
  const path = join(root, 'providers.json');
  const dataDir = join(root, 'data');
  mkdirSync(dataDir);
  const entries = Object.entries(providers).map(([provider, given]) => [
    provider,
    { settings: { provider, apiKey: key, ...given }, updatedAt: '2026-11-22T00:00:00.000Z', tokenSource: 'manual' },
  ]);
  const file = {
    version: 1,
    lastUsedProvider: Object.keys(providers)[0],
    modes: {},
    providers: Object.fromEntries(entries),
  };
  writeFileSync(path, JSON.stringify(file, null, 2), { mode: 0o640 });
  return { path, dataDir, read: () => readFileSync(path, 'utf8') };
}

async function connect(files: ClineFiles, port = 4711, setting: Readonly<Record<string, string>> = {}) {
  const preview = await previewCline(files, setting);
  if (preview.kind === 'problem') throw new Error(preview.text);
  return { plan: preview.plan, result: await connectCline(files, preview.plan, addresses(port)) };
}

const baseUrlOf = (text: string, id: string): string | undefined =>
  (JSON.parse(text) as { providers: Record<string, { settings: Provider }> }).providers[id]?.settings.baseUrl;

describe('connecting Cline CLI', () => {
  it('redirects the providers that can be, and gives back the same bytes and mode', async () => {
    const cline = clineWith({ anthropic: {}, cline: {}, 'openai-native': { baseUrl: 'https://own.example/v1' } });
    const before = cline.read();
    const { plan, result } = await connect(cline);
    expect(result).toEqual({ kind: 'done', providers: ['anthropic', 'openai-native'] });
    expect(plan.upstreams).toEqual({ openai: 'https://own.example/v1' });
    expect(plan.leftAlone.map(({ provider }) => provider)).toEqual(['cline']);
    expect(baseUrlOf(cline.read(), 'anthropic')).toBe(addresses(4711)['anthropic']);
    expect(baseUrlOf(cline.read(), 'openai-native')).toBe(addresses(4711)['openai']);
    expect(await disconnectCline(cline.dataDir)).toEqual({ kind: 'done', providers: ['anthropic', 'openai-native'] });
    expect(cline.read()).toBe(before);
    expect(statSync(cline.path).mode & 0o777).toBe(0o640);
    expect(readdirSync(cline.dataDir)).toEqual([]);
  });

  it('keeps a record for its user alone, without a key', async () => {
    const cline = clineWith({ anthropic: {} });
    await connect(cline);
    const record = join(cline.dataDir, RECORD_FILE_NAME);
    expect(statSync(record).mode & 0o777).toBe(0o600);
    expect(readFileSync(record, 'utf8')).not.toContain(key);
  });

  it('follows an address that changes, and still knows what the user had', async () => {
    const cline = clineWith({ anthropic: { baseUrl: 'https://own.example' }, gemini: {} });
    const before = cline.read();
    await connect(cline);
    const { plan } = await connect(cline, 4712);
    expect(plan.upstreams).toEqual({ anthropic: 'https://own.example' });
    expect(baseUrlOf(cline.read(), 'gemini')).toBe(addresses(4712)['gemini']);
    await disconnectCline(cline.dataDir);
    expect(cline.read()).toBe(before);
  });

  it("never takes an address of the meter for the user's own, even when the record is lost", async () => {
    const cline = clineWith({ anthropic: {} });
    const before = cline.read();
    await connect(cline);
    rmSync(join(cline.dataDir, RECORD_FILE_NAME));
    const { plan } = await connect(cline, 4712);
    expect(plan.upstreams).toEqual({});
    await disconnectCline(cline.dataDir);
    expect(cline.read()).toBe(before);
  });

  it('keeps what the user changed meanwhile', async () => {
    const cline = clineWith({ anthropic: {}, gemini: {} });
    await connect(cline);
    const ours = addresses(4711)['anthropic'] ?? '';
    writeFileSync(cline.path, cline.read().replace(ours, 'https://new.example').replace(key, 'sk-new-key'));
    expect(await disconnectCline(cline.dataDir)).toEqual({ kind: 'done', providers: ['gemini'] });
    expect(baseUrlOf(cline.read(), 'anthropic')).toBe('https://new.example');
    expect(baseUrlOf(cline.read(), 'gemini')).toBeUndefined();
    expect(cline.read()).toContain('sk-new-key');
  });

  it('leaves a provider alone that is asked at another host, or beside one with another base URL', async () => {
    const cline = clineWith({
      'openai-native': {},
      'openai-compatible': { baseUrl: 'https://own.example/v1' },
      zai: { apiLine: 'china' },
      'zai-coding-plan': { apiLine: 'international' },
    });
    const { plan } = await connect(cline);
    expect(plan.redirected).toEqual(['openai-native', 'zai-coding-plan']);
    expect(plan.leftAlone.map(({ provider }) => provider)).toEqual(['openai-compatible', 'zai']);
    const named = await connect(cline, 4711, { openai: 'https://gateway.example/v1' });
    expect(named.plan.redirected).toContain('openai-compatible');
    expect(named.plan.upstreams).toEqual({ openai: 'https://gateway.example/v1' });
  });

  it('gives a provider its own base URL back that is redirected no longer', async () => {
    const cline = clineWith({ 'openai-native': {}, 'openai-compatible': { baseUrl: 'https://own.example/v1' } });
    await connect(cline, 4711, { openai: 'https://gateway.example/v1' });
    await connect(cline);
    expect(baseUrlOf(cline.read(), 'openai-compatible')).toBe('https://own.example/v1');
  });

  it.each([
    ['{"providers": ', 'it is not the JSON that Cline writes'],
    ['\ufeff{}', 'it is not the JSON that Cline writes'],
    [' '.repeat(1024 * 1024 + 1), 'it is larger than 1 MB'],
  ])('touches no file that it does not understand (%#)', async (text, reason) => {
    const cline = clineWith({ anthropic: {} });
    writeFileSync(cline.path, text);
    const preview = await previewCline(cline, {});
    expect(preview).toMatchObject({ kind: 'problem', text: `Cline CLI was left alone: ${cline.path}: ${reason}.` });
    expect(cline.read()).toBe(text);
  });

  it('follows no link, and writes nothing through one that took the place of the file', async () => {
    const cline = clineWith({ anthropic: {} });
    const { plan } = await connect(cline);
    await disconnectCline(cline.dataDir);
    const target = join(cline.dataDir, 'target.json');
    writeFileSync(target, cline.read());
    rmSync(cline.path);
    symlinkSync(target, cline.path);
    const before = readFileSync(target, 'utf8');
    expect(await connectCline(cline, plan, addresses(4711))).toMatchObject({ kind: 'problem' });
    expect(readFileSync(target, 'utf8')).toBe(before);
  });

  it('says where there is nothing to connect', async () => {
    const empty = clineWith({ cline: {} });
    expect(await previewCline(empty, {})).toMatchObject({ kind: 'problem' });
    rmSync(empty.path);
    const preview = await previewCline(empty, {});
    expect(preview.kind === 'problem' && preview.text).toMatch(/has no settings at .* "cline auth" first\.$/);
    expect(await disconnectCline(empty.dataDir)).toEqual({ kind: 'done', providers: [] });
  });

  it('forgets the record of a file that is gone', async () => {
    const cline = clineWith({ anthropic: {} });
    await connect(cline);
    rmSync(cline.path);
    expect(await disconnectCline(cline.dataDir)).toEqual({ kind: 'done', providers: [] });
    expect(readdirSync(cline.dataDir)).toEqual([]);
  });

  it('puts the settings of another place back before it turns to new ones', async () => {
    const [first, second] = [clineWith({ anthropic: {} }), clineWith({ gemini: {} })];
    const before = first.read();
    await connect(first);
    await connect({ path: second.path, dataDir: first.dataDir });
    expect(first.read()).toBe(before);
    expect(baseUrlOf(second.read(), 'gemini')).toBeDefined();
  });

  it('keeps the record where the settings cannot be put back yet', async () => {
    const cline = clineWith({ anthropic: {} });
    await connect(cline);
    const whole = cline.read();
    writeFileSync(cline.path, whole.slice(0, -5));
    expect(await disconnectCline(cline.dataDir)).toMatchObject({ kind: 'problem' });
    writeFileSync(cline.path, whole);
    expect(await disconnectCline(cline.dataDir)).toEqual({ kind: 'done', providers: ['anthropic'] });
  });
});

describe('the settings file', () => {
  it('is where the variables of Cline say', () => {
    const at = (values: Readonly<Record<string, string>>) =>
      clineSettingsPath('/home/u', (name) => values[name] ?? null);
    expect(at({})).toBe('/home/u/.cline/data/settings/providers.json');
    expect(at({ CLINE_DIR: '/c' })).toBe('/c/data/settings/providers.json');
    expect(at({ CLINE_DIR: '/c', CLINE_DATA_DIR: '/d' })).toBe('/d/settings/providers.json');
    expect(at({ CLINE_PROVIDER_SETTINGS_PATH: '/p.json', CLINE_DIR: '/c' })).toBe('/p.json');
  });
});

describe('outlay disconnect', () => {
  it('puts the settings back and says for which providers', async () => {
    const cline = clineWith({ anthropic: {}, gemini: {} });
    const before = cline.read();
    await connect(cline);
    expect(await run(['disconnect', '--data-dir', cline.dataDir])).toEqual({
      code: 0,
      stdout: 'Cline CLI has its own base URLs again: anthropic, gemini.\n',
      stderr: '',
    });
    expect(cline.read()).toBe(before);
    expect((await run(['disconnect', '--data-dir', cline.dataDir])).stdout).toBe('No agent has settings of Outlay.\n');
  });

  it('fails with a sentence where it cannot', async () => {
    const cline = clineWith({ anthropic: {} });
    await connect(cline);
    writeFileSync(cline.path, '{');
    chmodSync(cline.path, 0o600);
    const { code, stderr } = await run(['disconnect', '--data-dir', cline.dataDir]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^Cline CLI was left alone: .*\.\n$/);
  });
});
