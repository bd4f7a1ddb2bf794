import { systemClock } from '../../src/domain/clock.ts';
import { createGateway } from '../../src/gateway/createGateway.ts';
import { createRoutes } from '../../src/gateway/routes.ts';
import { upstreamTable } from '../../src/gateway/upstreams.ts';

/** The gateway in a process of its own with the observer off: what the byte path itself costs. */
const { upstreams } = upstreamTable({ anthropic: process.argv[2] ?? '' });
const gateway = createGateway({
  token: 'bench-token',
  routes: createRoutes(upstreams),
  observer: null,
  clock: systemClock,
  log: () => {},
  newCallId: () => '',
  workspaceUpstream: () => null,
  onControl: null,
});
const { port } = await gateway.listen(0);
process.stdout.write(`${JSON.stringify({ port, baseUrls: gateway.baseUrls('bench') })}\n`);
