const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Tells when this process is asked to end, which then ends in good order; a second time it ends at once. With `withParent`, the end of
 * its standard input is such a request: whoever started it is gone. Returns what takes it back.
 */
export function followInterrupts(listener: () => void, withParent: boolean): () => void {
  let asked = 0;
  const onSignal = (): void => {
    asked += 1;
    if (asked > 1) process.exit(130);
    listener();
  };
  for (const signal of signals) process.on(signal, onSignal);
  if (withParent) {
    process.stdin.on('end', listener);
    process.stdin.on('error', listener);
    process.stdin.resume();
  }
  return () => {
    for (const signal of signals) process.off(signal, onSignal);
    if (withParent) process.stdin.destroy();
  };
}
