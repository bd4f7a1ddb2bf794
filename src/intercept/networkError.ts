import type { HostCallEnd } from '../protocol/hostFeed.ts';

/** What is known of a call when an error ends it. */
export interface ErrorMoment {
  /** Something of the request went out, or was at least given to be sent. */
  readonly isSent: boolean;
}

/** The codes that a system or a client gives to what the network did; whoever aborts brings a reason of their own. */
const networkCode = /^(?:E(?!RR_)[A-Z]+|UND_ERR_(?!ABORTED)[A-Z_]+|HPE_[A-Z_]+|ERR_(?:TLS|SSL|HTTP2)_[A-Z_]+)$/;
/** Of a connection that never came to stand: nothing can have reached the provider. */
const neverConnected =
  /^(?:EAI_[A-Z]+|ENOTFOUND|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|CERT_[A-Z_]+|DEPTH_[A-Z_]+|SELF_[A-Z_]+|UNABLE_[A-Z_]+|ERR_TLS_CERT[A-Z_]*)$/;

/** How a call ended that ended with an error. Of one that was never sent nothing is billed, whoever ended it. */
export function endOfError(error: unknown, { isSent }: ErrorMoment): HostCallEnd {
  const code = textOf(error, 'code');
  const syscall = textOf(error, 'syscall');
  if (!isSent || syscall === 'connect' || syscall === 'getaddrinfo' || neverConnected.test(code)) return 'no-upstream';
  // What is no HTTP comes from undici by this name, mostly without a code.
  const isUnreadable = textOf(error, 'name') === 'HTTPParserError';
  return isUnreadable || networkCode.test(code) ? 'upstream-cut' : 'client-gone';
}

function textOf(error: unknown, name: 'code' | 'name' | 'syscall'): string {
  const value: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined;
  return typeof value === 'string' ? value.slice(0, 64) : '';
}
