import { readFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

export type ThemeName = 'light' | 'dark' | 'hc-dark' | 'hc-light';

const bodyClasses: Readonly<Record<ThemeName, string>> = {
  light: 'vscode-light',
  dark: 'vscode-dark',
  'hc-dark': 'vscode-high-contrast',
  'hc-light': 'vscode-high-contrast vscode-high-contrast-light',
};

export interface HarnessServer {
  readonly bundleBytes: number;
  url(theme: ThemeName): string;
  close(): Promise<void>;
}

/** Bundles a webview as it ships and serves it outside VS Code, under a policy as strict as a webview's. */
export async function startHarnessServer(webview: 'sidebar' | 'dashboard' = 'sidebar'): Promise<HarnessServer> {
  const files = await bundle(webview);
  const here = new URL('./', import.meta.url);
  for (const name of ['themes.css', 'host.js'])
    files.set(`/${name}`, await readFile(fileURLToPath(new URL(name, here))));
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    if (url.pathname === '/')
      return sendPage(response, webview, (url.searchParams.get('theme') ?? 'dark') as ThemeName);
    const file = files.get(url.pathname);
    response.writeHead(file === undefined ? 404 : 200, {
      'content-type': url.pathname.endsWith('.css') ? 'text/css' : 'text/javascript',
    });
    response.end(file);
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as AddressInfo;
  return {
    bundleBytes: files.get(`/${webview}.js`)?.byteLength ?? 0,
    url: (theme) => `http://127.0.0.1:${port}/?theme=${theme}`,
    close: () => new Promise((closed) => server.close(() => closed())),
  };
}

async function bundle(webview: string): Promise<Map<string, Uint8Array>> {
  const main = fileURLToPath(new URL(`../../../webview/${webview}/main.ts`, import.meta.url));
  const result = await build({
    entryPoints: { [webview]: main },
    bundle: true,
    minify: true,
    write: false,
    outdir: '/',
    format: 'iife',
    target: 'chrome138',
    logLevel: 'silent',
  });
  return new Map(result.outputFiles.map((file) => [file.path, file.contents]));
}

function sendPage(response: ServerResponse, webview: string, theme: ThemeName): void {
  const policy = "default-src 'none'; style-src 'self' 'nonce-harness'; script-src 'nonce-harness'";
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy });
  response.end(`<!DOCTYPE html>
<html lang="en" data-theme="${theme}">
<head><meta charset="utf-8"><title>Now</title>
<link rel="stylesheet" href="themes.css"><link rel="stylesheet" href="${webview}.css"></head>
<body class="${bodyClasses[theme]}"><div id="app"></div>
<script nonce="harness" src="host.js"></script><script nonce="harness" src="${webview}.js"></script></body>
</html>`);
}
