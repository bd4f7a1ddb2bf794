import type { CallTap, GatewayObserver } from '../../../src/gateway/contract.ts';

/** Throws at the k-th thing that it is told. */
export function throwingAt(k: number): GatewayObserver {
  let told = 0;
  const tell = () => {
    told += 1;
    if (told === k) throw new TypeError('secret prompt');
  };
  const tap: CallTap = { requestBytes: tell, requestEnd: tell, responseHead: tell, responseBytes: tell, end: tell };
  return {
    begin: () => {
      tell();
      return tap;
    },
    unmetered: tell,
  };
}
