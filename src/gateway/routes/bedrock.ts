import { isAwsRegion } from '../../domain/awsRegion.ts';
import type { RequestHead, Route, RouteMatch } from '../contract.ts';
import type { UpstreamTable } from '../upstreams.ts';
import { bare } from './compatible.ts';
import { decodedSegment } from './gemini.ts';

const modelPath = /^\/model\/(.+)\/(converse|converse-stream|invoke|invoke-with-response-stream)$/;
/** What Claude Code asks the control plane for, whose host is another one. */
const controlPath = /^\/(?:inference-profiles|foundation-models)(?:\/|$)/;
/** Where AWS's and Anthropic's SDKs go when no region is set. */
const defaultRegion = 'us-east-1';

/**
 * Amazon Bedrock. A region has a host of its own, and the base URL says which: ".../bedrock/eu-west-1" for
 * `bedrock-runtime.eu-west-1.amazonaws.com`, ".../bedrock" for us-east-1. The segment must be an AWS region by a strict pattern;
 * anything else is a path at the default host.
 *
 * Requests with a Bedrock API key (AWS_BEARER_TOKEN_BEDROCK) work. Requests that are signed with AWS credentials (SigV4) cannot:
 * agents sign them for the gateway's host and path (measured with Claude Code 2.1.330), AWS refuses the signature at its own, and
 * only who has the user's secret key could sign again. They are answered here with a sentence, unless the user named an upstream
 * of their own, such as a company gateway that signs by itself.
 */
export function bedrockRoute(upstreams: UpstreamTable): Route {
  return {
    id: 'bedrock',
    baseSuffix: '',
    upstream({ path }) {
      const { bedrock } = upstreams;
      if (!bedrock?.regional) return bedrock;
      const region = regionOf(bare(path)) ?? defaultRegion;
      const service = controlPath.test(withoutRegion(bare(path))) ? 'bedrock' : 'bedrock-runtime';
      return { ...bedrock, origin: `https://${service}.${region}.amazonaws.com` };
    },
    upstreamPath: withoutRegion,
    match: (method, path) => (method === 'POST' ? matchBedrock(path) : null),
    auth: ({ headers }) =>
      /^(?:bearer|aws4-hmac-sha256)\s+\S/i.test(headers['authorization'] ?? '') ? 'key' : 'unknown',
    impossible: (head, upstream) => (upstream.regional && isSigned(head) ? signedMessage : null),
    errorBody: (_status, message) => JSON.stringify({ message }),
  };
}

const signedMessage =
  'Outlay cannot carry requests that are signed with AWS credentials, because the signature names the address that it was made for. ' +
  'Set AWS_BEARER_TOKEN_BEDROCK to a Bedrock API key, or unset ANTHROPIC_BEDROCK_BASE_URL to go on unmetered.';

function isSigned({ headers, path }: RequestHead): boolean {
  return /^aws4-/i.test(headers['authorization'] ?? '') || /[?&]X-Amz-Signature=/i.test(path);
}

function withoutRegion(path: string): string {
  const region = regionOf(path);
  return region === null ? path : path.slice(region.length + 1);
}

/** The first segment of a path, if it is an AWS region. */
function regionOf(path: string): string | null {
  const segment = path.split('/', 2)[1] ?? '';
  return isAwsRegion(segment) ? segment : null;
}

function matchBedrock(path: string): RouteMatch | null {
  if (path === '/openai/v1/chat/completions') return { api: 'openai-chat', pathModel: null, pathStream: null };
  const [, model = '', operation = ''] = modelPath.exec(path) ?? [];
  if (operation === '') return null;
  return {
    api: operation.startsWith('converse') ? 'bedrock-converse' : 'bedrock-invoke',
    pathModel: decodedSegment(model),
    pathStream: operation.endsWith('-stream'),
  };
}
