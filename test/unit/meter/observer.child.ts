import { parentPort } from 'node:worker_threads';
import type { FromObserver, ObservedItem, ToObserver } from '../../../src/meter/observe/messages.ts';

/**
 * Stands in for the observe worker. It tells what each batch held as a repeated request whose session says so, and reads nothing by
 * itself: "overrides" are its orders: "read" what came, "count" the bytes that came, or "die".
 */
let unread = 0;
let bytes = 0;
const send = (...messages: readonly FromObserver[]): void => parentPort?.postMessage(messages);

parentPort?.on('message', (message: ToObserver) => {
  if (message.type === 'items') {
    const size = message.items.reduce((sum, item) => sum + sizeOf(item), 0);
    unread += size;
    bytes += size;
    const session = message.items.map((item) => `${item.kind}:${textOf(item)}`).join(' ');
    send({ type: 'repeated', repeat: { workspaceId: '', taskId: null, agent: '', session, times: size } });
  } else if (message.type === 'priceOverrides') {
    if (message.overrides === 'die') process.exit(1);
    if (message.overrides === 'read' && unread > 0) send({ type: 'consumed', bytes: unread });
    if (message.overrides === 'read') unread = 0;
    send({ type: 'answer', requestId: message.requestId, problems: [String(bytes)] });
  } else if (message.type === 'drain') send({ type: 'answer', requestId: message.requestId, problems: [] });
});
send({ type: 'ready', bookVersion: 'made up' });

function sizeOf(item: ObservedItem): number {
  return 'bytes' in item ? item.bytes.length : 0;
}

/** Of a long text only its first character. */
function textOf(item: ObservedItem): string {
  const text = 'bytes' in item ? Buffer.from(item.bytes).toString() : '';
  return text.length > 16 ? text.slice(0, 1) : text;
}
