import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { commands, EnvironmentVariableMutatorType, type Terminal, window } from 'vscode';
import type { CommandId } from '../../../src/manifest/manifest.ts';
import { activatedOutlay, resetSettings, until, variableOf } from './outlay.ts';

let folder = '';
let opened: Terminal[] = [];

/** The environment of a terminal's shell, as the shell itself prints it. */
async function environmentOf(terminal: Terminal): Promise<ReadonlyMap<string, string>> {
  opened.push(terminal);
  const file = join(folder, `environment-${opened.length}`);
  await terminal.processId;
  // A shell that is still reading its start-up files may lose the first line, so that it is sent until it worked.
  await until('the terminal to print its environment', async () => {
    if (existsSync(`${file}.done`)) return true;
    terminal.sendText(`env -0 > ${file} && touch ${file}.done`);
    await new Promise((later) => setTimeout(later, 2000));
    return existsSync(`${file}.done`);
  });
  const entries = (await readFile(file, 'utf8')).split('\0').map((line): [string, string] => {
    const at = line.indexOf('=');
    return [line.slice(0, at), line.slice(at + 1)];
  });
  return new Map(entries);
}

async function openedBy(command: CommandId): Promise<Terminal> {
  const before = new Set(window.terminals);
  await commands.executeCommand(command);
  await until('the terminal', () => window.terminals.some((terminal) => !before.has(terminal)));
  const terminal = window.terminals.find((candidate) => !before.has(candidate));
  assert(terminal !== undefined);
  return terminal;
}

describe('terminals', () => {
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'outlay-terminals-'));
    opened = [];
    await resetSettings();
  });
  afterEach(async () => {
    for (const terminal of opened) terminal.dispose();
    // A line that was sent twice may still be writing its file.
    await rm(folder, { recursive: true, maxRetries: 10 });
  });

  it('are connected through a collection that does not outlive the window', async () => {
    const { persistent, variables } = (await activatedOutlay()).terminalCollection();
    assert.equal(persistent, false);
    assert.match(
      variables['ANTHROPIC_BASE_URL']?.value ?? '',
      /^http:\/\/127\.0\.0\.1:\d+\/[\w-]+\/ws-[0-9a-f]+\/anthropic$/,
    );
    assert.match(
      variables['OUTLAY_CODEX_BASE_URL']?.value ?? '',
      /^http:\/\/127\.0\.0\.1:\d+\/[\w-]+\/ws-[0-9a-f]+\/codex/,
    );
    assert.equal(variables['PATH']?.type, EnvironmentVariableMutatorType.Prepend);
    assert.equal(variables['OPENAI_BASE_URL'], undefined);
  });

  it('hold the address when they are opened, with the Codex launcher first on the PATH', async () => {
    const outlay = await activatedOutlay();
    const environment = await environmentOf(await openedBy('outlay.openMeteredTerminal'));
    assert.equal(environment.get('ANTHROPIC_BASE_URL'), variableOf(outlay, 'ANTHROPIC_BASE_URL'));
    const firstOnPath = environment.get('PATH')?.split(':')[0] ?? '';
    assert(existsSync(join(firstOnPath, 'codex')), `no launcher in ${firstOnPath}`);
  });

  it('hold nothing of ours when they are opened unmetered', async () => {
    const outlay = await activatedOutlay();
    const terminal = await openedBy('outlay.openUnmeteredTerminal');
    const environment = await environmentOf(terminal);
    const { variables } = outlay.terminalCollection();
    const launcherDir = variables['PATH']?.value.split(':')[0] ?? '';
    const ours = Object.keys(variables).filter((name) => name !== 'PATH' && environment.has(name));
    assert.deepEqual(ours, []);
    assert(!environment.get('PATH')?.split(':').includes(launcherDir));
    assert(!outlay.state().unmeteredTerminals.some(({ name }) => name === terminal.name));
  });

  it('are named as unmetered when they were opened while Outlay was off, and relaunched at a click', async () => {
    const outlay = await activatedOutlay();
    await commands.executeCommand('outlay.turnOff');
    await outlay.settled();
    const terminal = window.createTerminal({ name: 'before Outlay' });
    opened.push(terminal);
    await terminal.processId;
    await commands.executeCommand('outlay.turnOn');
    await outlay.settled();
    const named = () => outlay.state().unmeteredTerminals.filter(({ name }) => name === 'before Outlay');
    await until('the terminal to be named', () => named().length === 1);

    // Nothing was typed into it, so that it is known to be idle and nobody has to be asked.
    await outlay.relaunch(named()[0]?.id ?? 0);
    await until('the old terminal to go', () => !window.terminals.includes(terminal) && named().length === 0);
    const relaunched = window.terminals.find(({ name }) => name === 'before Outlay');
    assert(relaunched !== undefined);
    const environment = await environmentOf(relaunched);
    assert.equal(environment.get('ANTHROPIC_BASE_URL'), variableOf(outlay, 'ANTHROPIC_BASE_URL'));
  });
});
