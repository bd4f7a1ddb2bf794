import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { commands, settings, sidebarMenu } from '../../../src/manifest/manifest.ts';
import { generatedParts, generatePackageJson } from '../../../src/manifest/packageJson.ts';

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
    expect(Object.keys(properties)).toEqual(Object.keys(settings));
    expect(Object.values(properties).map(({ scope }) => scope)).toEqual(Object.keys(settings).map(() => 'machine'));
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
    expect(manifest.contributes.commands.map(({ command }) => command)).toEqual(Object.keys(commands));
    expect(sidebarMenu.filter(({ command }) => !(command in commands))).toEqual([]);
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
});
