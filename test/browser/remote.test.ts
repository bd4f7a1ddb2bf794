import { cpSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CallJsonRow } from '../../src/cli/callsCommand.ts';
import { readMeterLock } from '../../src/protocol/meterLock.ts';
import { eventually } from '../support/meterProcess.ts';
import { projectDir } from '../support/toolchain.ts';
import { runCommand, screenshot } from '../support/workbench.ts';
import { pricedModel } from './rig/agentCalls.ts';
import { ClientForwarder } from './rig/clientForwarder.ts';
import { type OutlayWindow, openOutlayWindow, PATIENCE_MS, showSidebar, untilText } from './rig/outlayWindow.ts';
import { pictureOnFailure } from './rig/pictureOnFailure.ts';
import { closeTerminals, openTerminal, outputOf, typeLine } from './rig/terminal.ts';

// VS Code's server and client apart: server, extension host, meter, terminals and agents on the remote side, with a home of their own; the
// workbench in a browser, which reaches the server alone; and a client that forwards the remote's ports to an address of its own, as SSH does.

let window: OutlayWindow;
const client = new ClientForwarder();
const cleanUps: (() => unknown)[] = [];

beforeAll(async () => {
  window = await openOutlayWindow({ popUps: true });
  await showSidebar(window);
});
afterAll(async () => {
  for (const cleanUp of cleanUps) cleanUp();
  client.close();
  await window?.stop();
});
beforeEach(() => pictureOnFailure(window.page));

/** The editor looks for new ports every twenty times as long as one look takes it, which on a busy machine is minutes. */
const NOTICED_MS = 240_000;

const agentSource = `
const response = await fetch(process.env.ANTHROPIC_BASE_URL + '/v1/messages', {
  method: 'POST',
  headers: { 'content-type': 'application/json', 'x-api-key': 'sk-ant-api03-made-up', 'user-agent': 'claude-cli/2.1.330 (external, cli)' },
  body: JSON.stringify({ model: '${pricedModel}', stream: true, max_tokens: 100, messages: [{ role: 'user', content: 'from the remote side' }] }),
});
console.log(response.status, (await response.text()).includes('message_stop') ? 'complete' : 'broken');
`;

const portRow = (page: Page, port: number): Locator =>
  page.locator('.part.panel .monaco-list-row').filter({ hasText: new RegExp(`\\b${port}\\b`) });

async function freeLowPort(): Promise<number> {
  for (let port = 7_100 + Math.floor(Math.random() * 2_000); ; port += 1) {
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
}

/** One request through the client's forward, with the Host that a program on the client's machine sends. */
function askThroughForward(address: string, path: string, host: string): Promise<number> {
  const [hostname, port] = address.split(':');
  return new Promise((resolve, reject) => {
    const req = request({ hostname, port, path, method: 'POST', headers: { host }, agent: false }, (res) => {
      res.resume().once('close', () => resolve(res.statusCode ?? 0));
    });
    req.once('error', reject);
    req.end('{}');
  });
}

describe('a remote window', () => {
  it('meters the agents of the remote side, beside whom the meter runs', async () => {
    const agent = join(window.scratch, 'agent.mjs');
    writeFileSync(agent, agentSource);
    await openTerminal(window.page);
    expect(await outputOf(window, `node ${agent}`)).toBe('200 complete\n');
    await eventually(
      () => window.cli<CallJsonRow>('calls'),
      (rows) => rows.length === 1,
      PATIENCE_MS,
    );
    await untilText(window.statusBar(), 'Today $0.10');
    await closeTerminals(window.page);
  });

  it('forwards no port of a meter by itself and offers none, while it does both with any other program’s', {
    timeout: NOTICED_MS + 120_000,
  }, async () => {
    const { page } = window;
    const popUp = (port: number) => page.locator('.notification-toast', { hasText: `running on port ${port}` });
    // The same program under its own name and under another one: the name is what the editor goes by. It offers low ports only.
    const ports: number[] = [];
    await openTerminal(page);
    for (const name of ['dist', 'other']) {
      cpSync(join(projectDir, 'dist'), join(window.scratch, 'programs', name), { recursive: true });
      const [program, books] = [join(window.scratch, 'programs', name, 'meter.js'), join(window.scratch, `of-${name}`)];
      const port = await freeLowPort();
      await typeLine(page, `node ${program} --data-dir ${books} --port ${port} > ${books}.log 2>&1 &`);
      const lock = await eventually(
        () => readMeterLock(books),
        (found) => found !== null,
        PATIENCE_MS,
      );
      cleanUps.push(() => process.kill(lock?.pid ?? 0, 'SIGTERM'));
      ports.push(lock?.port ?? 0);
    }
    const [meter = 0, other = 0] = ports;
    await popUp(other).waitFor({ timeout: NOTICED_MS });
    await runCommand(page, 'Ports: Focus on Ports View');
    await portRow(page, other).waitFor();
    await screenshot(page, 'remote-ports');
    for (const port of [meter, (await window.lock()).port])
      expect([port, await portRow(page, port).count(), await popUp(port).count()]).toEqual([port, 0, 0]);
    await runCommand(page, 'Notifications: Clear All Notifications');
    await popUp(other).waitFor({ state: 'detached' });
    await closeTerminals(page);
  });

  it('warns when its port was forwarded, and lets nobody through who has no token', async () => {
    const { page } = window;
    await showSidebar(window);
    const { port } = await window.lock();
    const before = window.upstream.messages.length;
    const forwarded = await client.forward(port);
    const warning = page.locator('.notification-toast', { hasText: "reached Outlay's port" });
    // As `ssh -L` with the same number makes it: the request looks like one of this machine, and has no token.
    const host = `localhost:${port}`;
    for (const path of ['/', '/v1/messages', '/x/default/anthropic/v1/messages', '/control/snapshot', '/control/watch'])
      expect([path, await askThroughForward(forwarded, path, host)]).toEqual([path, 401]);
    await warning.filter({ hasText: `without its token. It was refused` }).waitFor();
    expect(await warning.first().innerText()).toContain(`look for ${port} in the Ports view`);
    // It fades in, and the picture is for people.
    await warning.first().evaluate('(toast) => Promise.all(toast.getAnimations().map(({ finished }) => finished))');
    await screenshot(page, 'remote-warning');
    const notices = window.sidebar().locator('.notices');
    await notices.getByText(`reached Outlay's port ${port} without its token`).waitFor();
    // As a browser of the client's machine sees it.
    const other = await window.vsCode.browser.newPage();
    expect((await other.goto(`http://${forwarded}/`))?.status()).toBe(403);
    await other.context().close();
    await notices.getByText(`reached Outlay's port ${port} under an address that is not its own`).waitFor();
    expect(window.upstream.messages).toHaveLength(before);
    expect(await window.cli<CallJsonRow>('calls')).toHaveLength(1);
  });
});
