import type { FieldReader } from './contract.ts';

/** What decoding, naming of agents and sessions need of a request. Nothing else of its head leaves the extension host. */
const requestFields = [
  ...['content-encoding', 'content-type', 'user-agent', 'originator', 'x-app', 'anthropic-beta'],
  ...['x-claude-code-session-id', 'x-claude-code-agent-id', 'session-id', 'session_id', 'x-session-id'],
  ...['x-codex-turn-metadata', 'goose-session-id', 'x-roo-task-id', 'x-task-id', 'copilot-integration-id', 'x-title'],
] as const;

/** Of these only is told that they are there. */
const maskedFields = ['x-api-key', 'api-key', 'x-goog-api-key', 'chatgpt-account-id', 'x-amz-security-token'] as const;

const responseFields = ['content-type', 'content-encoding', 'request-id', 'x-request-id', 'x-amzn-requestid'] as const;

/** Subscription windows, as the gateway reads them. */
const quotaFields: readonly string[] = [
  ...['5h', '7d', '7d_opus', '7d_sonnet', '7d_oi'].flatMap((window) =>
    ['utilization', 'reset'].map((what) => `anthropic-ratelimit-unified-${window}-${what}`),
  ),
  ...['primary', 'secondary'].flatMap((slot) =>
    ['used-percent', 'window-minutes', 'reset-after-seconds', 'reset-at'].map((what) => `x-codex-${slot}-${what}`),
  ),
];

const longestValue = 16_384;

/** The fields of a request that the meter is told, credentials reduced to their kind. */
export function requestFieldsOf(field: FieldReader): Readonly<Record<string, string>> {
  const told = picked(requestFields, field);
  for (const name of maskedFields) if (field(name) !== undefined) told[name] = 'x';
  const authorization = field('authorization');
  if (authorization !== undefined) told['authorization'] = maskedAuthorization(authorization);
  return told;
}

export function responseFieldsOf(field: FieldReader): Readonly<Record<string, string>> {
  return picked([...responseFields, ...quotaFields], field);
}

function picked(names: readonly string[], field: FieldReader): Record<string, string> {
  const told: Record<string, string> = {};
  for (const name of names) {
    const value = field(name);
    if (value !== undefined && value.length <= longestValue) told[name] = value;
  }
  return told;
}

/** How tokens begin that tell a subscription or a login from a key. */
const tokenKinds = ['sk-ant-oat', 'eyJ', 'ya29.'] as const;

/** The scheme, and of the token no more than what kind it is of. */
export function maskedAuthorization(value: string): string {
  const spaceAt = value.indexOf(' ');
  if (spaceAt < 0) return 'x';
  const scheme = value.slice(0, Math.min(spaceAt, 32));
  const token = value.slice(spaceAt + 1).trimStart();
  return token === '' ? scheme : `${scheme} ${tokenKinds.find((kind) => token.startsWith(kind)) ?? 'x'}`;
}

/** Path and query with the values of keys masked. */
export function maskedPath(path: string): string {
  const queryAt = path.indexOf('?');
  if (queryAt < 0) return path;
  const query = path
    .slice(queryAt + 1)
    .split('&')
    .map((pair) => (/^(?:key|access_token|x-amz-[a-z-]*)=/i.test(pair) ? `${pair.split('=', 1)[0] ?? ''}=x` : pair));
  return `${path.slice(0, queryAt)}?${query.join('&')}`.slice(0, 4096);
}
