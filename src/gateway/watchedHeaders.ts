/**
 * The header fields of a request whose stream may have to be ended in the middle: its answer is asked for without compression,
 * since nothing can be added to a compressed one. Where its own compression was undone to change the body, it says so no more.
 */
export function watchedRequestHeaders(
  raw: readonly string[],
  { mayStream, isDecoded }: { readonly mayStream: boolean; readonly isDecoded: boolean },
): string[] {
  const out: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] as string;
    const lower = name.toLowerCase();
    if (isDecoded && lower === 'content-encoding') continue;
    if (mayStream && lower === 'accept-encoding') out.push(name, 'identity');
    else out.push(name, raw[i + 1] as string);
  }
  return out;
}
