import { admit } from '../../../src/gateway/admission.ts';
import { mayAskForUsage } from '../../../src/gateway/asksForUsage.ts';
import {
  clientResponseHeaders,
  firstValues,
  queryWithoutKey,
  rawValues,
  upstreamRequestHeaders,
  withoutCredentials,
} from '../../../src/gateway/headers.ts';
import { pathShape } from '../../../src/gateway/pathShape.ts';
import { providerOfHost } from '../../../src/gateway/providerOfHost.ts';
import { quotaOfHeaders } from '../../../src/gateway/quotaHeaders.ts';
import { createRoutes } from '../../../src/gateway/routes.ts';
import { parseUpstream, publicUpstreams } from '../../../src/gateway/upstreams.ts';
import { check, checkFigure, checkSame, checkUnpolluted } from '../check.ts';
import { observedAtMs } from '../readResponse.ts';

const token = Buffer.from('a-made-up-token-of-the-fuzzer');
const routes = createRoutes(publicUpstreams);
const commandLineToken = Buffer.from('another-one-of-a-command-line');
const policy = {
  port: 4999,
  token,
  commandLineToken,
  routes: new Map(routes.map((route) => [route.id, route])),
  control: true,
};

/** Heads of requests and responses: the first line is method and target, each further one a field. */
export function fuzz(data: Buffer): void {
  const [first = '', ...lines] = data.toString('latin1').split('\n');
  const [method = '', target = ''] = first.split(' ', 2);
  const raw = lines.flatMap((line) => {
    const colon = line.indexOf(':');
    return colon < 0 ? [line, ''] : [line.slice(0, colon), line.slice(colon + 1)];
  });
  checkAdmission(method, target, raw);
  checkFields(method, raw);
  checkQuota(raw);
  checkTarget(method, target, raw);
  checkUnpolluted();
}

function checkAdmission(method: string, url: string, rawHeaders: readonly string[]): void {
  const admission = admit({ method, url, rawHeaders }, policy);
  if (admission.kind === 'refused') return;
  const hosts = rawValues(rawHeaders, 'host');
  check(hosts.length === 1 && /^(?:127\.0\.0\.1|localhost):4999$/.test(hosts[0] ?? ''), 'a foreign Host got in');
  check(rawValues(rawHeaders, 'origin').length === 0, 'a web page got in');
  if (admission.kind === 'control') check(url.startsWith('/control/'), 'a call became control');
  else {
    const given = admission.fromCommandLine ? commandLineToken : token;
    check(url.startsWith(`/${given.toString()}/`), 'a call got in without the token');
  }
}

const hop =
  /^(?:connection|keep-alive|proxy-connection|proxy-authenticate|proxy-authorization|transfer-encoding|upgrade)$/i;

function checkFields(method: string, raw: readonly string[]): void {
  const up = upstreamRequestHeaders(raw, { host: 'upstream.test', body: 12, method });
  const framing = names(up).filter((name) => /^(?:content-length|transfer-encoding)$/i.test(name));
  checkSame(framing.length, 1, 'a request is framed twice or not at all');
  check(
    rawValues(up, 'host').every((host) => host === 'upstream.test'),
    'the Host of the client went upstream',
  );
  const down = clientResponseHeaders(raw, { chunked: false });
  check(!names(up).some((name) => hop.test(name)), 'a field of the connection went upstream');
  check(!names(down).some((name) => hop.test(name)), 'a field of the connection went to the client');
  const kept = withoutCredentials(firstValues(raw));
  check(
    !('authorization' in kept || 'x-api-key' in kept || 'cookie' in kept),
    'a credential is among what is observed',
  );
}

const names = (raw: readonly string[]): string[] => raw.filter((_, index) => index % 2 === 0);

function checkQuota(raw: readonly string[]): void {
  for (const { id, usedShare, resetsAtMs } of quotaOfHeaders(raw, observedAtMs)) {
    check(/^[\w-]{1,32}$/.test(id), `a window is called ${id}`);
    check(usedShare >= 0 && usedShare <= 1, `a window is used ${usedShare}`);
    checkFigure(resetsAtMs, 'the reset of a window');
  }
}

function checkTarget(method: string, target: string, raw: readonly string[]): void {
  const [path = '', query] = target.split('?', 2);
  const head = { method, path, headers: firstValues(raw) };
  for (const route of routes) {
    const upstream = route.upstream(head);
    const upstreamPath = route.upstreamPath(path);
    route.match(method, upstreamPath);
    route.auth(head);
    if (upstream === null) continue;
    route.impossible?.(head, upstream);
    const fixed = Object.values(publicUpstreams).some(
      (known) => known !== null && sameSite(upstream.origin, known.origin),
    );
    check(fixed, `a request chose to go to ${upstream.origin}`);
    JSON.parse(route.errorBody(502, target));
  }
  check(!/[?&](?:key|access_token)=/i.test(queryWithoutKey(`?${query ?? ''}`)), 'a key stays in the query');
  check(pathShape(target).length <= target.length + 12, 'a shape is longer than its path');
  mayAskForUsage('azure', target);
  providerOfHost(target);
  const parsed = parseUpstream('anthropic', target);
  if (parsed.upstream !== null) check(/^https?:\/\/[^/?#@]+$/.test(parsed.upstream.origin), 'an upstream is no origin');
}

/** The same host, or another of the same cloud's: Bedrock and Vertex have one a region. */
function sameSite(origin: string, known: string): boolean {
  if (origin === known) return true;
  const host = new URL(origin).host;
  return (
    /^bedrock(?:-runtime)?\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?$/.test(host) ||
    /^[a-z0-9-]+-aiplatform\.googleapis\.com$/.test(host) ||
    /^aiplatform\.[a-z]+\.rep\.googleapis\.com$/.test(host)
  );
}
