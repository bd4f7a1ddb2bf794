import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  commands,
  repositorySettings,
  settings,
  sidebarMenu,
  taskItemMenu,
  taskKeys,
  tasksMenu,
  tasksWelcome,
} from '../../../src/manifest/manifest.ts';
import { generatedParts, generatePackageJson } from '../../../src/manifest/packageJson.ts';
import {
  taskTrialMenu,
  trialCommands,
  trialItemMenu,
  trialsMenu,
  trialsWelcome,
} from '../../../src/manifest/trialManifest.ts';

const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
const manifest = JSON.parse(text) as {
  publisher: string;
  name: string;
  contributes: {
    configuration: { properties: Record<string, { scope: string; markdownDescription: string }> };
    commands: { command: string }[];
  };
  capabilities: { untrustedWorkspaces: { supported: string; restrictedConfigurations: string[] } };
};

describe('package.json', () => {
  it('is what the manifest table generates (run `npm run manifest` when this fails)', () => {
    expect(generatePackageJson(text)).toBe(text);
  });

  it('names the extension outlay.outlay', () => {
    expect(`${manifest.publisher}.${manifest.name}`).toBe('outlay.outlay');
  });

  it('keeps every setting machine-scoped and restricted in untrusted workspaces', () => {
    const properties = manifest.contributes.configuration.properties;
    expect(Object.keys(properties)).toEqual([...Object.keys(settings), ...Object.keys(repositorySettings)]);
    const scopes = Object.keys(settings).map((key) => properties[key]?.scope);
    expect(new Set(scopes)).toEqual(new Set(['machine']));
    expect(manifest.capabilities.untrustedWorkspaces).toMatchObject({
      supported: 'limited',
      restrictedConfigurations: Object.keys(settings),
    });
  });

  it('ends every setting description with a full stop', () => {
    const texts = Object.values(manifest.contributes.configuration.properties).map((p) => p.markdownDescription);
    expect(texts.filter((description) => !description.endsWith('.'))).toEqual([]);
  });

  it('contributes every command once and puts only known commands into menus', () => {
    const known = { ...commands, ...trialCommands };
    // Two tables that name one command would hide one of the two, and the extension would not start.
    const named = [...Object.keys(commands), ...Object.keys(trialCommands)];
    expect(manifest.contributes.commands.map(({ command }) => command)).toEqual(named);
    const trialMenus = [...trialsMenu, ...trialItemMenu, ...taskTrialMenu];
    const used = [...sidebarMenu, ...tasksMenu, ...taskItemMenu, ...taskKeys, ...trialMenus].map(
      ({ command }) => command,
    );
    expect(used.filter((command) => !(command in known))).toEqual([]);
    const links = [...`${tasksWelcome}${trialsWelcome}`.matchAll(/\(command:([\w.]+)\)/g)].map(
      ([, command]) => command ?? '',
    );
    expect(links.filter((command) => !(command in known))).toEqual([]);
    expect(links).toHaveLength(2);
  });

  it('lets a repository bring limits along, and nothing else', () => {
    const ofRepositories = Object.entries(manifest.contributes.configuration.properties)
      .filter(([, { scope }]) => scope !== 'machine')
      .map(([key]) => key);
    expect(ofRepositories).toEqual(['outlay.repository.budget.daily', 'outlay.repository.budget.monthly']);
  });

  it('keeps hand-written keys and the order of generated ones whatever the order it finds', () => {
    const shuffled = JSON.stringify({ scripts: { a: 'b' }, zebra: 1, name: 'outlay', engines: { node: '>=20' } });
    const result = JSON.parse(generatePackageJson(shuffled)) as Record<string, unknown>;
    expect(Object.keys(result)[0]).toBe('name');
    expect(Object.keys(result).at(-1)).toBe('zebra');
    expect(result).toMatchObject({
      ...generatedParts(),
      scripts: { a: 'b' },
      engines: { node: '>=20', vscode: '^1.123.0' },
    });
  });

  it('gives every command an id of its own: a second registration of one would keep the extension from starting', () => {
    const ids = [...Object.keys(commands), ...Object.keys(trialCommands)];
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
  });
});
