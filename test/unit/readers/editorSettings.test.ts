import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withEditorSettings, withoutComments } from '../../../src/readers/editorSettings.ts';
import { readers } from '../../../src/readers/registry.ts';
import { tempDir } from '../ledger/tempDir.ts';

function homeWith(settings: string, editor = '.config/Code/User'): string {
  const home = tempDir();
  mkdirSync(join(home, editor), { recursive: true });
  writeFileSync(join(home, editor, 'settings.json'), settings);
  return home;
}

function rootsOf(agent: string, homeDir: string, isOwn = true): readonly string[] {
  const place = withEditorSettings({ homeDir, env: {}, platform: 'linux', isOwn }, readers);
  return (
    readers
      .find((reader) => reader.agent === agent)
      ?.paths(place)
      .map(({ path }) => path) ?? []
  );
}

describe('settings of editors that move logs', () => {
  it.each([
    ['roo-code', '"roo-cline.customStoragePath": "/elsewhere"', '/elsewhere/tasks'],
    ['kilo', '"kilo-code.customStoragePath": "/elsewhere"', '/elsewhere/tasks'],
    [
      'claude-code',
      '"claudeCode.environmentVariables": [{ "name": "CLAUDE_CONFIG_DIR", "value": "/elsewhere" }]',
      '/elsewhere/projects',
    ],
  ])('are heeded for %s, beside where its logs are else', (agent, setting, root) => {
    const home = homeWith(`{\n  // mine\n  "editor.fontSize": 12, /* and */ ${setting},\n}\n`);
    const moved = rootsOf(agent, home);
    expect(moved).toContain(root);
    expect(moved.filter((path) => path !== root)).toEqual(rootsOf(agent, home, false));
  });

  it('are those of each editor, and of a server of remote windows', () => {
    const home = homeWith('{ "roo-cline.customStoragePath": "/a" }', '.config/VSCodium/User');
    mkdirSync(join(home, '.vscode-server/data/User'), { recursive: true });
    writeFileSync(join(home, '.vscode-server/data/User/settings.json'), '{ "roo-cline.customStoragePath": "/b" }');
    expect(rootsOf('roo-code', home)).toEqual(expect.arrayContaining(['/a/tasks', '/b/tasks']));
  });

  it('lead nowhere in a home that is not the user’s own, and where they name no absolute folder', () => {
    const home = homeWith('{ "roo-cline.customStoragePath": "/elsewhere" }');
    expect(rootsOf('roo-code', home, false).filter((path) => !path.startsWith(home))).toEqual([]);
    for (const value of ['""', '"relative"', '7', 'null', '{}', '[1, {"name": 2}]']) {
      const other = homeWith(
        `{ "roo-cline.customStoragePath": ${value}, "claudeCode.environmentVariables": ${value} }`,
      );
      for (const agent of ['roo-code', 'claude-code'])
        expect(rootsOf(agent, other)).toEqual(rootsOf(agent, other, false));
    }
  });

  it('say nothing where the file is broken, huge or no file', () => {
    const valid = '{ "roo-cline.customStoragePath": "/elsewhere" }';
    for (const text of ['', '{', `${valid}}`, '[]', `${valid}${' '.repeat(1024 * 1024)}`]) {
      expect(rootsOf('roo-code', homeWith(text))).not.toContain('/elsewhere/tasks');
    }
    const home = tempDir();
    mkdirSync(join(home, '.config/Code/User/settings.json'), { recursive: true });
    mkdirSync(join(home, '.config/VSCodium/User'), { recursive: true });
    symlinkSync('/dev/zero', join(home, '.config/VSCodium/User/settings.json'));
    expect(rootsOf('roo-code', home)).toEqual(rootsOf('roo-code', home, false));
  });
});

describe('JSON with comments', () => {
  it('is what it is without them, whatever is in its texts', () => {
    const comment = fc.constantFrom('', '// a "b" , }\n', '/* { " */', ' ', '\n');
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.array(fc.string()))),
        fc.array(comment),
        (value, comments) => {
          let at = 0;
          const next = (): string => (comments.length === 0 ? '' : (comments[at++ % comments.length] ?? ''));
          const list = (items: readonly string[]): string => items.map((item) => `${next()}${item}${next()},`).join('');
          const texts = Object.entries(value).map(([name, item]) => {
            const text =
              typeof item === 'string'
                ? JSON.stringify(item)
                : `[${list(item.map((one) => JSON.stringify(one)))}${next()}]`;
            return `${JSON.stringify(name)}${next()}:${next()}${text}`;
          });
          const parsed: unknown = JSON.parse(withoutComments(`${next()}{${list(texts)}${next()}}${next()}`));
          expect(Object.entries(parsed as object).toSorted()).toEqual(Object.entries({ ...value }).toSorted());
        },
      ),
    );
  });
});
