import { CLINE_WORKSPACE_ID, type ClinePlan, clineProviders, planCline } from './clineProviders.ts';
import {
  type ConnectionRecord,
  readConnectionRecord,
  removeConnectionRecord,
  writeConnectionRecord,
} from './connectionRecord.ts';
import { type ProviderText, readProviders, withBaseUrls } from './providerTexts.ts';
import { codeOf, readSettingsFile, replaceSettingsFile } from './settingsFile.ts';

/** How often a file that somebody else writes at the same moment is read again. */
const TRIES = 3;

/** What could be changed, before anything is; or a sentence about why nothing can. */
export type ClinePreview =
  | { readonly kind: 'plan'; readonly path: string; readonly plan: ClinePlan }
  | { readonly kind: 'problem'; readonly text: string };

export type ClineResult =
  | { readonly kind: 'done'; readonly providers: readonly string[] }
  | { readonly kind: 'problem'; readonly text: string };

export interface ClineFiles {
  /** Cline's settings. */
  readonly path: string;
  /** Where the record of what was changed is kept. */
  readonly dataDir: string;
}

/** Reads what a connection would change. Nothing is written. */
export async function previewCline(
  files: ClineFiles,
  setting: Readonly<Record<string, string>>,
): Promise<ClinePreview> {
  const opened = await openSettings(files);
  if (opened.kind === 'problem') return opened;
  const { providers, record } = opened;
  const plan = planCline(providers, (id) => usersBaseUrl(id, providers.get(id), record), setting);
  if (plan.redirected.length > 0) return { kind: 'plan', path: files.path, plan };
  const text = 'Cline CLI was left alone: none of the providers that it is set up with can be redirected.';
  return { kind: 'problem', text };
}

/**
 * Puts the meter's base URLs into Cline's settings, or brings those that are there up to date. What stands there instead is recorded
 * before anything is written, so that a crash in between can be undone too.
 *
 * @param baseUrls the meter's, for the workspace `CLINE_WORKSPACE_ID`.
 */
export async function connectCline(
  files: ClineFiles,
  plan: ClinePlan,
  baseUrls: Readonly<Record<string, string>>,
): Promise<ClineResult> {
  const old = await readConnectionRecord(files.dataDir);
  if (old !== null && old.path !== files.path) await disconnectCline(files.dataDir);
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const opened = await openSettings(files);
    if (opened.kind === 'problem') return opened;
    const { found, providers, record } = opened;
    const wanted = new Map<string, string>();
    const entries: Record<string, ConnectionRecord['providers'][string]> = {};
    for (const id of plan.redirected) {
      const url = baseUrls[clineProviders[id]?.baseUrlId ?? clineProviders[id]?.routeId ?? ''];
      const provider = providers.get(id);
      if (url === undefined || provider === undefined) continue;
      wanted.set(id, JSON.stringify(url));
      entries[id] = { ours: url, usersSource: usersSource(id, provider, record) };
    }
    const dropped = Object.entries(record?.providers ?? {}).filter(([id]) => !wanted.has(id));
    const after = withBaseUrls(found.text, new Map([...wanted, ...stillOurs(providers, dropped)]));
    try {
      await writeConnectionRecord(files.dataDir, { path: files.path, providers: entries });
      if (after === found.text || (await replaceSettingsFile(files.path, found, after))) {
        return { kind: 'done', providers: [...wanted.keys()] };
      }
    } catch (error) {
      return leftAlone(`${files.path} cannot be written (${codeOf(error)})`);
    }
  }
  return leftAlone(`${files.path} is being written by another program`);
}

/**
 * Takes out of Cline's settings what Outlay put there and nobody has changed since. Everything else stays, byte for byte. Nothing happens
 * where there is no record.
 */
export async function disconnectCline(dataDir: string): Promise<ClineResult> {
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const record = await readConnectionRecord(dataDir);
    if (record === null) return { kind: 'done', providers: [] };
    const opened = await openSettings({ path: record.path, dataDir });
    // A file that is gone holds nothing of ours any more.
    if (opened.kind === 'problem' && !opened.isMissing) return opened;
    const changes =
      opened.kind === 'opened'
        ? stillOurs(opened.providers, Object.entries(record.providers))
        : new Map<string, null>();
    try {
      if (opened.kind === 'opened' && changes.size > 0) {
        const after = withBaseUrls(opened.found.text, changes);
        if (!(await replaceSettingsFile(record.path, opened.found, after))) continue;
      }
      await removeConnectionRecord(dataDir);
      return { kind: 'done', providers: [...changes.keys()] };
    } catch (error) {
      return leftAlone(`${record.path} cannot be written (${codeOf(error)})`);
    }
  }
  return leftAlone('its settings are being written by another program');
}

/** What to write for the providers whose base URL is still the one that we put there. */
function stillOurs(
  providers: ReadonlyMap<string, ProviderText>,
  entries: readonly [string, ConnectionRecord['providers'][string]][],
): ReadonlyMap<string, string | null> {
  const ours = entries.filter(([id, entry]) => providers.get(id)?.baseUrl === entry.ours);
  return new Map(ours.map(([id, entry]) => [id, entry.usersSource]));
}

interface Opened {
  readonly kind: 'opened';
  readonly found: { readonly kind: 'text'; readonly text: string; readonly mode: number };
  readonly providers: ReadonlyMap<string, ProviderText>;
  readonly record: ConnectionRecord | null;
}

async function openSettings({
  path,
  dataDir,
}: ClineFiles): Promise<Opened | { readonly kind: 'problem'; readonly text: string; readonly isMissing: boolean }> {
  // The record first: what is read of the file afterwards may be what that record is about, never the other way round.
  const record = await readConnectionRecord(dataDir);
  const found = await readSettingsFile(path);
  if (found.kind === 'missing') {
    return { ...leftAlone(`it has no settings at ${path}. Set it up with "cline auth" first`), isMissing: true };
  }
  if (found.kind === 'problem') return { ...leftAlone(`${path}: ${found.text}`), isMissing: false };
  const read = readProviders(found.text);
  if (read.kind === 'problem') return { ...leftAlone(`${path}: ${read.text}`), isMissing: false };
  return { kind: 'opened', found, providers: read.providers, record: record?.path === path ? record : null };
}

function leftAlone(reason: string): { readonly kind: 'problem'; readonly text: string } {
  return { kind: 'problem', text: `Cline CLI was left alone: ${reason}.` };
}

/** What the user has, or had before us, as JSON source; an address of the meter is never taken for it. */
function usersSource(id: string, provider: ProviderText, record: ConnectionRecord | null): string | null {
  const known = record?.providers[id];
  if (known !== undefined && provider.baseUrl === known.ours) return known.usersSource;
  return provider.baseUrl === null || isMeterAddress(provider.baseUrl) ? null : provider.baseUrlSource;
}

function usersBaseUrl(id: string, provider: ProviderText | undefined, record: ConnectionRecord | null): string | null {
  const source = provider === undefined ? null : usersSource(id, provider, record);
  const value: unknown = source === null ? null : JSON.parse(source);
  return typeof value === 'string' ? value : null;
}

/** Also one of an earlier meter whose record is gone: no base URL of a user's looks like that. */
function isMeterAddress(url: string): boolean {
  return url.startsWith('http://127.0.0.1:') && url.includes(`/${CLINE_WORKSPACE_ID}/`);
}
