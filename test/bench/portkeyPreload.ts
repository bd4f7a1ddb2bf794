import { Server } from 'node:net';

/** Loaded before Portkey's gateway. It listens on every interface of the machine, and this keeps it to loopback. */
const listen = Server.prototype.listen;
Server.prototype.listen = function listenOnLoopback(this: Server, port: unknown): Server {
  return Reflect.apply(listen, this, [{ port: Number(port), host: '127.0.0.1', backlog: 4096 }]);
} as typeof listen;

/**
 * It also adds fields to the upstream's own headers, which Node's fetch forbids, so that it answers every call with 500 as it comes
 * from the registry. A response of the same body whose headers may be changed costs a few microseconds a call and nothing a chunk.
 */
const [fetchOfNode, ResponseOfNode] = [globalThis.fetch, globalThis.Response];
globalThis.fetch = async (...args) => {
  const response = await fetchOfNode(...args);
  return new ResponseOfNode(response.body, response);
};
