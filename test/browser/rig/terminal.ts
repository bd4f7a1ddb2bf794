import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { eventually } from '../../support/meterProcess.ts';
import { runCommand } from '../../support/workbench.ts';
import { type OutlayWindow, PATIENCE_MS } from './outlayWindow.ts';

const terminals = '.terminal-wrapper.active .xterm-rows';

/** Opens an integrated terminal by a command of the palette and waits for its prompt. */
export async function openTerminal(page: Page, command = 'Terminal: Create New Terminal'): Promise<void> {
  await runCommand(page, command);
  await untilPrompt(page);
}

/** A shell that is still reading its start-up files loses what is typed: it is ready when its prompt stands there. */
export async function untilPrompt(page: Page): Promise<void> {
  await eventually(
    () => page.locator(terminals).textContent(),
    (text) => /\$\s*$/.test(text ?? ''),
    PATIENCE_MS,
  );
}

export async function focusTerminal(page: Page): Promise<void> {
  await runCommand(page, 'Terminal: Focus Terminal');
  await page.locator('.terminal-wrapper.active .xterm.focus').waitFor();
}

export async function typeLine(page: Page, line: string): Promise<void> {
  await page.keyboard.type(line);
  await page.keyboard.press('Enter');
}

let files = 0;

/** Types a command into the active terminal and gives what it printed. The terminal must have the focus. */
export async function outputOf(window: OutlayWindow, command: string, page: Page = window.page): Promise<string> {
  const { read, line } = outputFile(window, command);
  await typeLine(page, line);
  return read();
}

/** As `outputOf`, but gives the line to type and a way to wait for its output. */
export function outputFile(window: OutlayWindow, command: string): { line: string; read: () => Promise<string> } {
  const file = join(window.scratch, `output-${files++}`);
  const line = `${command} > ${file}.part 2>&1; mv ${file}.part ${file}`;
  const read = async (): Promise<string> => {
    await eventually(
      async () => existsSync(file),
      (exists) => exists,
      PATIENCE_MS,
    );
    return readFileSync(file, 'utf8');
  };
  return { line, read };
}

/** The environment of the active terminal, as its shell's children see it. */
export async function environmentOf(
  window: OutlayWindow,
  page: Page = window.page,
): Promise<ReadonlyMap<string, string>> {
  const text = await outputOf(window, 'env -0', page);
  const entries = text.split('\0').filter((entry) => entry !== '');
  return new Map(
    entries.map((entry): [string, string] => {
      const at = entry.indexOf('=');
      return [entry.slice(0, at), entry.slice(at + 1)];
    }),
  );
}

/** Ends all terminals, whatever runs in them. */
export async function closeTerminals(page: Page): Promise<void> {
  if ((await page.locator('.terminal-wrapper').count()) === 0) return;
  await runCommand(page, 'Terminal: Kill All Terminals');
  await page.locator('.terminal-wrapper').first().waitFor({ state: 'detached' });
}
