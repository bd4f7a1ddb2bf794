import type { EndingEvent } from './contract.ts';

/** Writes events as server-sent ones, or as one object a line. */
export function eventLines(events: readonly EndingEvent[], framing: 'sse' | 'lines'): string {
  return events
    .map(({ name, data }) => {
      const json = typeof data === 'string' ? data : JSON.stringify(data);
      if (framing === 'lines') return `${json}\n`;
      return `${name === undefined ? '' : `event: ${name}\n`}data: ${json}\n\n`;
    })
    .join('');
}
