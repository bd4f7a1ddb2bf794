import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { publicUpstreams } from '../../../src/gateway/upstreams.ts';

const projectDir = resolve(import.meta.dirname, '../../..');
const files = globSync(['src/**/*.ts', 'webview/**/*.ts'], { cwd: projectDir, exclude: ['**/*.generated.*'] })
  .sort()
  .map((path) => ({ path, code: withoutComments(readFileSync(join(projectDir, path), 'utf8')) }));
/** What runs in the editor's extension host, where every wait is everybody's wait. */
const inHost = files.filter(({ path }) =>
  /^src\/(extension\.ts|vscode\/|intercept\/|protocol\/|manifest\/|domain\/)/.test(path),
);

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
}

function pathsWith(pattern: RegExp, among = files): readonly string[] {
  return among.filter(({ code }) => pattern.test(code)).map(({ path }) => path);
}

describe('the extension host', () => {
  it('is never held up by a synchronous read, write, process or wait', () => {
    expect(inHost.length).toBeGreaterThan(30);
    expect(
      pathsWith(/\b(?!setSync)\w+Sync\b\s*[(,}]|Atomics\.wait\b|\bfrom 'node:sqlite'|worker_threads/, inHost),
    ).toEqual([]);
  });

  it('keeps its own modules and globals as they are', () => {
    const patched =
      /\b(?:globalThis|global|window)(?:\.\w+|\[[^\]]+\])\s*=[^=]|\b(?:https?|net|tls|dns|fs)\.\w+\s*=[^=]|\.prototype\.\w+\s*=[^=]|Object\.(?:assign|definePropert(?:y|ies))\(\s*(?:globalThis|global|process|https?|net|tls)\b|require\.cache|\bsyncBuiltinESMExports|setGlobalDispatcher/;
    // The one exception is there only while a hard budget is, and takes itself back.
    expect(pathsWith(patched, inHost)).toEqual(['src/intercept/fetchGuard.ts']);
  });

  it('writes its own environment in one file, which is there for that', () => {
    const written =
      /\bprocess\.env(?:\.\w+|\[[^\]]+\])?\s*(?:[|&?+]{0,2}=(?!=))|\bdelete process\.env\b|(?:assign|definePropert(?:y|ies)|setPrototypeOf|set|deleteProperty)\(\s*process\.env\b|process\.loadEnvFile/;
    expect(pathsWith(written, inHost)).toEqual(['src/vscode/childProcesses/hostVariables.ts']);
  });
});

describe('the network', () => {
  it('is used by the gateway, and by the client of the meter on loopback, alone', () => {
    const module = /from 'node:(?:http2?|https|net|tls|dns|dgram)(?:\/promises)?'/;
    const typeOnly = /^import type .*$/gm;
    const users = files.filter(({ code }) => module.test(code.replace(typeOnly, ''))).map(({ path }) => path);
    expect(users.filter((path) => !path.startsWith('src/gateway/'))).toEqual([
      'src/protocol/controlClient.ts',
      'src/protocol/hostFeedClient.ts',
    ]);
  });

  it('is reached by no other way, and no address but loopback and the providers is written down', () => {
    expect(pathsWith(/\b(?:fetch|WebSocket|EventSource|XMLHttpRequest|sendBeacon|importScripts)\s*\(/)).toEqual([]);
    const addresses = files.flatMap(({ code }) => code.match(/https?:\/\/[^\s'"`)]+/g) ?? []);
    const hosts = new Set(addresses.map((address) => address.replace(/^https?:\/\//, '').replace(/[/:$].*$/, '')));
    for (const upstream of Object.values(publicUpstreams))
      if (upstream) hosts.delete(new URL(upstream.origin).hostname);
    // The beginnings are those of regional hosts, which are filled in by a strict pattern; w3.org names SVG's vocabulary.
    expect([...hosts].sort()).toEqual(['', 'aiplatform.', 'www.w3.org']);
  });
});
