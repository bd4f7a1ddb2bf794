import { watch } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { systemClock } from '../../domain/clock.ts';
import { withEditorSettings } from '../../readers/editorSettings.ts';
import { readers } from '../../readers/registry.ts';
import type { FromImporter, ToImporter } from './importMessages.ts';
import { LogImporter } from './logImporter.ts';
import type { WatchFolder } from './logWatch.ts';
import { PortBooks } from './portBooks.ts';
import { readWithPauses } from './startReading.ts';

const watchFolder: WatchFolder = (path, onEvent) => {
  try {
    const watcher = watch(path, { persistent: false }, (_event, name) => onEvent(name));
    watcher.on('error', () => watcher.close());
    return { dispose: () => watcher.close() };
  } catch {
    return null;
  }
};

// The entry of the thread that imports and follows logs, started by `ImportThread`.
if (parentPort !== null) {
  const port = parentPort;
  let isBusy = false;
  const send = (message: FromImporter): void => port.postMessage(message);
  const books = new PortBooks(send);
  const importer = new LogImporter({
    readers,
    books,
    startReading: readWithPauses(() => isBusy),
    watchFolder,
    nowMs: () => systemClock.nowMs(),
    onProgress: (progress) => send({ type: 'progress', progress }),
    log: (sentence) => send({ type: 'log', sentence }),
  });
  port.on('message', (message: ToImporter) => {
    switch (message.type) {
      case 'import': {
        const { id, place, agent } = message;
        importer.import(withEditorSettings(place, readers), agent).then(
          (report) => send({ type: 'done', id, report }),
          (error: unknown) =>
            send({ type: 'failed', id, sentence: error instanceof Error ? error.message : String(error) }),
        );
        return;
      }
      case 'cancel':
        importer.cancel();
        return;
      case 'follow':
        importer.follow(message.place === null ? null : withEditorSettings(message.place, readers));
        return;
      case 'busy':
        ({ isBusy } = message);
        return;
      default:
        books.receive(message);
    }
  });
}
