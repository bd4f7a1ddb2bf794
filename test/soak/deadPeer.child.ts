import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../../src/domain/clock.ts';
import { createGateway } from '../../src/gateway/createGateway.ts';
import { createRoutes } from '../../src/gateway/routes.ts';
import { publicUpstreams } from '../../src/gateway/upstreams.ts';

// Runs in a network namespace of its own, so that nothing of the machine's network is touched. The provider is in yet another one, at the
// other end of a cable. Prints what the agent saw when the provider vanished.

const [here, there] = ['198.51.100.1', '198.51.100.2'];
const run = (command: string, ...words: readonly string[]) => execFileSync(command, words, { stdio: 'pipe' });

const providerSource = `
require('node:http').createServer((req, res) => {
  req.resume();
  res.writeHead(200, { 'content-type': 'text/event-stream' });
  res.write('data: first\\n\\n');
}).listen(0, function () { console.log(this.address().port); });
`;
const provider = spawn('unshare', ['--net', process.execPath, '-e', providerSource], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
process.once('exit', () => provider.kill('SIGKILL'));
const [port] = await once(createInterface({ input: provider.stdout }), 'line');
const far = (...words: readonly string[]) => run('nsenter', '-t', String(provider.pid), '--net', 'ip', ...words);

run('ip', 'link', 'set', 'lo', 'up');
run('ip', 'link', 'add', 'near', 'type', 'veth', 'peer', 'name', 'far', 'netns', String(provider.pid));
run('ip', 'address', 'add', `${here}/30`, 'dev', 'near');
run('ip', 'link', 'set', 'near', 'up');
far('address', 'add', `${there}/30`, 'dev', 'far');
far('link', 'set', 'far', 'up');

const gateway = createGateway({
  token: 'made-up-token',
  routes: createRoutes(publicUpstreams),
  observer: null,
  clock: systemClock,
  log: () => {},
  newCallId: () => 'call-1',
  workspaceUpstream: () => ({ provider: 'anthropic', origin: `http://${there}:${port}`, basePath: '' }),
  onControl: null,
});
const listening = await gateway.listen(0);
const options = { port: listening.port, host: '127.0.0.1', method: 'POST', agent: false } as const;
const agent = request({ ...options, path: '/made-up-token/ws-1/anthropic/v1/messages' }, (res) => {
  let body = '';
  let vanishedMs = 0;
  res.on('data', (chunk) => {
    body += String(chunk);
    // It still gets what is sent, and nothing that it answers leaves it: no end, no reset, no error.
    far('route', 'add', 'blackhole', `${here}/32`);
    vanishedMs = performance.now();
  });
  res.on('error', () => {});
  res.once('close', async () => {
    const seconds = (performance.now() - vanishedMs) / 1_000;
    // The gateway's side of this connection closes a moment later.
    for (let turns = 0; turns < 1_000 && gateway.inFlight() > 0; turns += 1) await delay(5);
    console.log(JSON.stringify({ complete: res.complete, body, seconds, inFlight: gateway.inFlight() }));
    process.exit(0);
  });
});
agent.end('{}');
