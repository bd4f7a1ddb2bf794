import { describe, expect, it } from 'vitest';
import { rawExchange } from '../../support/rawHttp.ts';
import { readAll, startGateway, startUpstream, token } from './gatewayRig.ts';

const PATH = `/${token}/ws-1/anthropic/v1/x`;

/**
 * Requests as the corpora of HTTP parsers have them. HOST stands for the own address. Behind each follows a whole second request
 * that the gateway would serve, so that bytes which two parsers divide differently show as one request too many or too few.
 */
const malformed: readonly (readonly [string, string])[] = [
  ['a blank between name and colon', `POST ${PATH} HTTP/1.1\r\nHOST\r\nContent-Length : 3\r\n\r\nabc`],
  ['a blank before the first field', `POST ${PATH} HTTP/1.1\r\n HOST\r\nContent-Length: 3\r\n\r\nabc`],
  ['a folded field', `POST ${PATH} HTTP/1.1\r\nHOST\r\nX: a\r\n b\r\nContent-Length: 3\r\n\r\nabc`],
  ['a field without a colon', `POST ${PATH} HTTP/1.1\r\nHOST\r\nContent-Length 3\r\n\r\nabc`],
  ['an empty name', `POST ${PATH} HTTP/1.1\r\nHOST\r\n: x\r\n\r\n`],
  ['a zero byte in a name', `POST ${PATH} HTTP/1.1\r\nHOST\r\nX\0Y: x\r\n\r\n`],
  ['a zero byte in a value', `POST ${PATH} HTTP/1.1\r\nHOST\r\nX: a\0b\r\n\r\n`],
  ['a bare CR in a value', `POST ${PATH} HTTP/1.1\r\nHOST\r\nX: a\rTransfer-Encoding: chunked\r\n\r\n`],
  ['lines that end with LF', `POST ${PATH} HTTP/1.1\nHOST\nContent-Length: 3\n\nabc`],
  ['a head that ends with LF LF', `POST ${PATH} HTTP/1.1\r\nHOST\r\nContent-Length: 3\n\nabc`],
  ['two different lengths', `POST ${PATH} HTTP/1.1\r\nHOST\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc`],
  ['two equal lengths', `POST ${PATH} HTTP/1.1\r\nHOST\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc`],
  ['a list of lengths', `POST ${PATH} HTTP/1.1\r\nHOST\r\nContent-Length: 3, 3\r\n\r\nabc`],
  ['a signed length', `POST ${PATH} HTTP/1.1\r\nHOST\r\nContent-Length: +3\r\n\r\nabc`],
  ['a negative length', `POST ${PATH} HTTP/1.1\r\nHOST\r\nContent-Length: -3\r\n\r\nabc`],
  ['a hexadecimal length', `POST ${PATH} HTTP/1.1\r\nHOST\r\nContent-Length: 0x3\r\n\r\nabc`],
  ['a length with an underscore', `POST ${PATH} HTTP/1.1\r\nHOST\r\nContent-Length: 1_0\r\n\r\nabcabcabca`],
  ['a length with a blank in it', `POST ${PATH} HTTP/1.1\r\nHOST\r\nContent-Length: 1 0\r\n\r\nabcabcabca`],
  ['a length beyond 64 bits', `POST ${PATH} HTTP/1.1\r\nHOST\r\nContent-Length: 18446744073709551619\r\n\r\nabc`],
  ['an empty length', `POST ${PATH} HTTP/1.1\r\nHOST\r\nContent-Length:\r\n\r\nabc`],
  [
    'a length and chunks',
    `POST ${PATH} HTTP/1.1\r\nHOST\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  ],
  [
    'chunks and a length',
    `POST ${PATH} HTTP/1.1\r\nHOST\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n`,
  ],
  ['an unknown coding', `POST ${PATH} HTTP/1.1\r\nHOST\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`],
  ['chunked that is not last', `POST ${PATH} HTTP/1.1\r\nHOST\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n`],
  ['chunked after a vertical tab', `POST ${PATH} HTTP/1.1\r\nHOST\r\nTransfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n`],
  ['chunked in quotes', `POST ${PATH} HTTP/1.1\r\nHOST\r\nTransfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n`],
  [
    'a chunk size that is no number',
    `POST ${PATH} HTTP/1.1\r\nHOST\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n`,
  ],
  [
    'a chunk size with 0x',
    `POST ${PATH} HTTP/1.1\r\nHOST\r\nTransfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n`,
  ],
  [
    'a negative chunk size',
    `POST ${PATH} HTTP/1.1\r\nHOST\r\nTransfer-Encoding: chunked\r\n\r\n-3\r\nabc\r\n0\r\n\r\n`,
  ],
  [
    'a chunk size beyond 64 bits',
    `POST ${PATH} HTTP/1.1\r\nHOST\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000003\r\nabc\r\n0\r\n\r\n`,
  ],
  [
    'a chunk longer than its size',
    `POST ${PATH} HTTP/1.1\r\nHOST\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n`,
  ],
  [
    'a chunk line that ends with LF',
    `POST ${PATH} HTTP/1.1\r\nHOST\r\nTransfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n`,
  ],
  [
    'a bare CR in a chunk extension',
    `POST ${PATH} HTTP/1.1\r\nHOST\r\nTransfer-Encoding: chunked\r\n\r\n3;a\rb\r\nabc\r\n0\r\n\r\n`,
  ],
  [
    'a chunk without its line end',
    `POST ${PATH} HTTP/1.1\r\nHOST\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc0\r\n\r\n`,
  ],
  ['an HTTP/0.9 request', `GET ${PATH}\r\n\r\n`],
  ['HTTP/2.0 in the line', `GET ${PATH} HTTP/2.0\r\nHOST\r\n\r\n`],
  ['HTTP/1.10 in the line', `GET ${PATH} HTTP/1.10\r\nHOST\r\n\r\n`],
  ['http in small letters', `GET ${PATH} http/1.1\r\nHOST\r\n\r\n`],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['a method in small letters', `get ${PATH} HTTP/1.1\r\nHOST\r\n\r\n`],
  ['an unheard-of method', `SPEND ${PATH} HTTP/1.1\r\nHOST\r\n\r\n`],
  ['a target with a blank', `GET ${PATH} y HTTP/1.1\r\nHOST\r\n\r\n`],
  ['a target with a tab', `GET ${PATH}\ty HTTP/1.1\r\nHOST\r\n\r\n`],
  ['an absolute target', `GET http://evil.example${PATH} HTTP/1.1\r\nHOST\r\n\r\n`],
  ['a target of an authority', 'CONNECT evil.example:443 HTTP/1.1\r\nHOST\r\n\r\n'],
  ['an asterisk', 'OPTIONS * HTTP/1.1\r\nHOST\r\n\r\n'],
  ['TRACE', `TRACE ${PATH} HTTP/1.1\r\nHOST\r\n\r\n`],
  ['no Host', `GET ${PATH} HTTP/1.1\r\n\r\n`],
  ['two Hosts', `GET ${PATH} HTTP/1.1\r\nHOST\r\nHOST\r\n\r\n`],
  ['a head over its bound', `GET ${PATH} HTTP/1.1\r\nHOST\r\nX: ${'a'.repeat(70_000)}\r\n\r\n`],
  ['TLS instead of HTTP', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n'],
];

/** Unusual and legal: the upstream gets the same body, framed once. */
const legal: readonly (readonly [string, string, string])[] = [
  ['blanks around a length', `POST ${PATH} HTTP/1.1\r\nHOST\r\nContent-Length:  \t3 \r\n\r\nabc`, 'abc'],
  ['a length with leading zeros', `POST ${PATH} HTTP/1.1\r\nHOST\r\nContent-Length: 0003\r\n\r\nabc`, 'abc'],
  ['names in any case', `POST ${PATH} HTTP/1.1\r\nHOST\r\ncONTENT-lENGTH: 3\r\n\r\nabc`, 'abc'],
  ['an empty line before the request', `\r\nPOST ${PATH} HTTP/1.1\r\nHOST\r\nContent-Length: 3\r\n\r\nabc`, 'abc'],
  [
    'chunked in capitals',
    `POST ${PATH} HTTP/1.1\r\nHOST\r\nTransfer-Encoding: CHUNKED\r\n\r\n3\r\nabc\r\n0\r\n\r\n`,
    'abc',
  ],
  [
    'chunk extensions',
    `POST ${PATH} HTTP/1.1\r\nHOST\r\nTransfer-Encoding: chunked\r\n\r\n3;a="b;c";d\r\nabc\r\n0;e\r\n\r\n`,
    'abc',
  ],
  [
    'chunk sizes with leading zeros',
    `POST ${PATH} HTTP/1.1\r\nHOST\r\nTransfer-Encoding: chunked\r\n\r\n0000003\r\nabc\r\n000\r\n\r\n`,
    'abc',
  ],
  [
    'a trailer that looks like framing',
    `POST ${PATH} HTTP/1.1\r\nHOST\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n`,
    'abc',
  ],
  [
    'a body that is a request',
    `POST ${PATH} HTTP/1.1\r\nHOST\r\nContent-Length: 18\r\n\r\nGET / HTTP/1.1\r\n\r\n`,
    'GET / HTTP/1.1\r\n\r\n',
  ],
  [
    'chunk data that is a last chunk',
    `POST ${PATH} HTTP/1.1\r\nHOST\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n0\r\n\r\n\r\n0\r\n\r\n`,
    '0\r\n\r\n',
  ],
  [
    'Connection that names the framing',
    `POST ${PATH} HTTP/1.1\r\nHOST\r\nConnection: content-length\r\nContent-Length: 3\r\n\r\nabc`,
    'abc',
  ],
  ['a body on GET', `GET ${PATH} HTTP/1.1\r\nHOST\r\nContent-Length: 3\r\n\r\nabc`, 'abc'],
  ['no body and no length', `POST ${PATH} HTTP/1.1\r\nHOST\r\n\r\n`, ''],
  [
    'a field value of high bytes',
    `POST ${PATH} HTTP/1.1\r\nHOST\r\nX: \xe9\xff\r\nContent-Length: 3\r\n\r\nabc`,
    'abc',
  ],
];

interface Rig {
  readonly port: number;
  /** "METHOD path body", one for each request that reached the upstream. */
  readonly arrived: string[];
  readonly framings: number[];
}

async function start(): Promise<Rig> {
  const arrived: string[] = [];
  const framings: number[] = [];
  const upstream = await startUpstream((req, res) => {
    const names = req.rawHeaders.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase());
    framings.push(names.filter((name) => name === 'content-length' || name === 'transfer-encoding').length);
    void readAll(req).then((body) => {
      arrived.push(`${req.method} ${req.url} ${body.toString('latin1')}`);
      res.end('served');
    });
  });
  const { port } = await startGateway(upstream.port);
  return { port, arrived, framings };
}

/** The bytes of a case, and behind them a request that is served if the connection is still open then. */
function bytesOf(text: string, port: number): string {
  const host = `Host: 127.0.0.1:${port}`;
  return `${text.replaceAll('HOST', host)}GET ${PATH}/second HTTP/1.1\r\n${host}\r\nConnection: close\r\n\r\n`;
}

const answersIn = (text: string): readonly string[] => text.match(/HTTP\/1\.[01] \d{3}/g) ?? [];

describe('requests on the wire', () => {
  it.each(malformed)('with %s are refused, and the connection with them', async (_, text) => {
    const rig = await start();
    const answer = await rawExchange(rig.port, bytesOf(text, rig.port));
    expect(answersIn(answer)).toEqual([expect.stringMatching(/ 4\d\d$/)]);
    expect(rig.arrived).toEqual([]);
  });

  it.each(legal)(
    'with %s reach the upstream as one request, framed once, and the next one as the next',
    async (_, text, body) => {
      const rig = await start();
      const answer = await rawExchange(rig.port, bytesOf(text, rig.port));
      expect(answersIn(answer)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200']);
      expect(rig.arrived).toEqual([`${text.trimStart().split(' ')[0]} /v1/x ${body}`, 'GET /v1/x/second ']);
      expect(rig.framings.every((count) => count <= 1)).toBe(true);
    },
  );
});
