import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { onTestFinished, vi } from 'vitest';

export interface Refusal {
  readonly code: string;
  /** The one path that is refused; every one where left out. */
  readonly path?: string;
}

/** Does work while a function of the file system fails, also for modules that imported it by its name. */
export function whileFilesFail<T>(
  name: 'accessSync' | 'openSync' | 'readFileSync',
  { code, path }: Refusal,
  work: () => T,
): T {
  const real = fs[name];
  const spy = vi.spyOn(fs, name).mockImplementation((...values: readonly unknown[]) => {
    if (path !== undefined && values[0] !== path) return Reflect.apply(real, fs, values);
    throw Object.assign(new Error(`${code}: made up by the test`), { code, syscall: name });
  });
  return whileSpied(spy, work);
}

/** Does work in which another process is a moment faster: it makes each file that is to be made. */
export function whileAnotherIsFaster<T>(work: () => T): T {
  const { writeFileSync } = fs;
  const spy = vi.spyOn(fs, 'writeFileSync').mockImplementation((path, data, options) => {
    writeFileSync(path, '');
    writeFileSync(path, data, options);
  });
  return whileSpied(spy, work);
}

/** Modules that took the function by its name have the spy too while the work is done. */
function whileSpied<T>(spy: { mockRestore(): void }, work: () => T): T {
  syncBuiltinESMExports();
  try {
    return work();
  } finally {
    spy.mockRestore();
    syncBuiltinESMExports();
  }
}

/** Every folder for temporary files that is made until the running test ends, wherever the system has them made. */
export function watchTemporaries(): { made(): readonly string[]; left(): readonly string[] } {
  const spy = vi.spyOn(fs, 'mkdtempSync');
  syncBuiltinESMExports();
  onTestFinished(() => {
    spy.mockRestore();
    syncBuiltinESMExports();
  });
  const made = () => spy.mock.results.map(({ value }) => String(value));
  return { made, left: () => made().filter((folder) => fs.existsSync(folder)) };
}
