import { type Disposable, DisposableList } from '../domain/disposable.ts';
import type { CallWatcher } from './contract.ts';
import { installHttp2Hook } from './http2Hook.ts';
import { installHttpHook } from './httpHook.ts';
import { installUndiciHook } from './undiciHook.ts';

/** Begins to see calls of every extension in this host. Nothing that is shared is changed, and nothing is left behind. */
export function installHooks(watcher: CallWatcher): Disposable {
  const hooks = new DisposableList();
  for (const install of [installUndiciHook, installHttpHook, installHttp2Hook]) hooks.push(install(watcher));
  return hooks;
}
