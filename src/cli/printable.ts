/*
 * Names come from files, agents and upstreams: control characters in them must not reach a terminal, which would take them for orders.
 */

/** A text of one line. */
export function printable(text: string): string {
  return text.replace(/\p{C}/gu, '?');
}

/** A text that keeps its ends of lines. */
export function printableLines(text: string): string {
  return text.replace(/[^\P{C}\n]/gu, '?');
}
