import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { Reporter, SerializedError, TestModule } from 'vitest/node';

/** An assertion that compares two large values prints both; the names of the others that failed must still be seen. */
const mostCharacters = 900;

/**
 * Writes what failed to the file that `FAILURES_OF_OUTLAY` names, one paragraph each, so that the table at the end of all suites
 * can repeat it: whoever reads only the end of a long log sees the reason there. Writes nothing if nothing failed or nobody asks.
 */
export function writeFailures(paragraphs: readonly string[]): void {
  const path = process.env['FAILURES_OF_OUTLAY'];
  if (path === undefined || paragraphs.length === 0) return;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${paragraphs.join('\n')}\n`);
}

/** A second reporter beside the usual one, for the sake of that table. */
export class FailureReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    writeFailures([...modules.flatMap(failuresOf), ...unhandled.map((error) => `Unhandled: ${reasonOf(error)}`)]);
  }
}

function failuresOf(module: TestModule): string[] {
  const name = module.relativeModuleId;
  const found = module.errors().map((error) => `${name}: ${reasonOf(error)}`);
  for (const suite of module.children.allSuites())
    for (const error of suite.errors()) found.push(`${name} > ${suite.fullName}: ${reasonOf(error)}`);
  for (const test of module.children.allTests('failed'))
    for (const error of test.result().errors ?? []) found.push(`${name} > ${test.fullName}: ${reasonOf(error)}`);
  return found;
}

/** The message, and the first place of the stack that is ours. */
function reasonOf(error: SerializedError): string {
  const message = stripVTControlCharacters(`${error.name ?? 'Error'}: ${error.message}`).slice(0, mostCharacters);
  const place = error.stacks?.[0];
  return place === undefined ? message : `${message}\n    at ${place.file}:${place.line}`;
}
