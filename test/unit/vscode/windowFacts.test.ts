import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readHostEnvironment } from '../../../src/vscode/hostEnvironment.ts';
import { parseDay } from '../../../src/vscode/parseDay.ts';
import { unmeteredEnvironment } from '../../../src/vscode/terminals/unmeteredEnvironment.ts';
import { workspaceIdentity } from '../../../src/vscode/workspaceIdentity.ts';

const folder = (uri: string) => ({ uri, name: uri.split('/').at(-1) ?? '' });

describe('workspaceIdentity', () => {
  it('is stable, and made of letters, digits and dashes whatever the folders are called', () => {
    fc.assert(
      fc.property(fc.option(fc.webUrl()), fc.array(fc.webUrl()), (file, uris) => {
        const { id } = workspaceIdentity(file, uris.map(folder), null);
        expect(id).toMatch(/^[A-Za-z0-9-]+$/);
        expect(workspaceIdentity(file, uris.map(folder).reverse(), 'other').id).toBe(id);
      }),
    );
  });

  it('tells workspaces apart and does not hang on an unsaved workspace file', () => {
    const folders = [folder('file:///a'), folder('file:///b')];
    const byFolders = workspaceIdentity(null, folders, 'a, b').id;
    expect(workspaceIdentity('untitled:/1/Untitled.code-workspace', folders, null).id).toBe(byFolders);
    expect(workspaceIdentity('file:///w.code-workspace', folders, null).id).not.toBe(byFolders);
    expect(workspaceIdentity(null, [folder('file:///a')], null)).toMatchObject({ title: 'a' });
    expect(workspaceIdentity(null, [], null)).toEqual({ id: 'no-folder', title: 'No folder' });
  });
});

describe('readHostEnvironment', () => {
  it('reads the variables of demos and tests', () => {
    const environment = {
      OUTLAY_DATA_DIR: '/d',
      OUTLAY_UPSTREAMS: 'anthropic=http://127.0.0.1:1, openai=http://127.0.0.1:2,',
      OUTLAY_DEMO: '1',
    };
    expect(readHostEnvironment(environment)).toEqual({
      dataDir: '/d',
      upstreams: ['anthropic=http://127.0.0.1:1', 'openai=http://127.0.0.1:2'],
      demo: true,
    });
    expect(readHostEnvironment({ OUTLAY_DATA_DIR: '' })).toEqual({ dataDir: null, upstreams: [], demo: false });
  });
});

describe('parseDay', () => {
  it('reads exactly the days that exist', () => {
    expect(parseDay('2028-02-29')).toBe(new Date(2028, 1, 29).getTime());
    expect(parseDay(' 2026-01-31 ')).toBe(new Date(2026, 0, 31).getTime());
    expect(['2027-02-29', '2026-13-01', '2026-1-1', '', 'all', '2026-01-31T00:00'].map(parseDay)).toEqual(
      Array(6).fill(null),
    );
  });
});

describe('unmeteredEnvironment', () => {
  it("is the terminal's environment without anything of ours or of the editor's own", () => {
    const marker = JSON.stringify({ ANTHROPIC_BASE_URL: ['http://127.0.0.1:1/t', null] });
    const process = {
      PATH: '/data/bin:/usr/bin',
      VSCODE_PID: '1',
      OUTLAY_TERMINAL: marker,
      ANTHROPIC_BASE_URL: 'http://127.0.0.1:1/t',
    };
    const layers = { process, user: { EDITOR: 'vi', GONE: null }, workspace: { MODE: 'test' } };
    expect(unmeteredEnvironment(layers, '/data/bin', 'linux')).toEqual({
      PATH: '/usr/bin',
      EDITOR: 'vi',
      MODE: 'test',
      OUTLAY_UNMETERED: '1',
    });
  });
});
