import { describe, expect, it, vi } from 'vitest';
import { isOfEditorsExtension, keepOthersErrorsAway } from '../../vscode/othersErrors.ts';

const editorRoot = '/opt/editor';

function errorAt(...frames: readonly string[]): Error {
  const error = new Error('write EPIPE');
  error.stack = ['Error: write EPIPE', ...frames.map((frame) => `    at ${frame}`)].join('\n');
  return error;
}

const ofGit = errorAt(
  'Socket.end (node:net:1026:31)',
  'new Promise (<anonymous>)',
  `ar.checkIgnore (${editorRoot}/extensions/git/dist/main.js:66:204)`,
);
const ofOurs = errorAt('Socket.end (node:net:1026:31)', 'start (/home/me/outlay/dist/extension.js:1:2)');

describe('an uncaught error', () => {
  it('is the editor’s own when every file of its stack is of an extension of the editor', () => {
    expect(isOfEditorsExtension(ofGit, editorRoot)).toBe(true);
  });

  it('is not when a frame is of somebody else, when no frame names a file, or when it is no error', () => {
    const mixed = errorAt(
      `a (${editorRoot}/extensions/git/dist/main.js:1:1)`,
      'b (/home/me/outlay/dist/extension.js:1:2)',
    );
    expect(
      [ofOurs, mixed, errorAt('Socket.end (node:net:1:1)'), 'EPIPE'].map((it) => isOfEditorsExtension(it, editorRoot)),
    ).toEqual([false, false, false, false]);
  });

  it('of the editor is kept from who listens since then, and any other reaches it', () => {
    const before = new Set<unknown>(process.listeners('uncaughtException'));
    const heard = vi.fn();
    const others = vi.fn();
    process.on('uncaughtException', heard);
    const takeAway = keepOthersErrorsAway(before, editorRoot, others);
    const added = process.listeners('uncaughtException').filter((listener) => !before.has(listener));
    takeAway();
    for (const error of [ofGit, ofOurs])
      for (const listener of added) listener.call(process, error, 'uncaughtException');
    expect(heard.mock.calls).toEqual([[ofOurs, 'uncaughtException']]);
    expect(others.mock.calls).toEqual([[ofGit]]);
    expect(process.listeners('uncaughtException').every((listener) => before.has(listener))).toBe(true);
  });
});
