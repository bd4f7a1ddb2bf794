/** What an id said besides the model's name. */
export interface ModelIdFlags {
  /** The `[1m]` that Claude Code appends for its long-context mode. */
  readonly longContext1m: boolean;
  /** The id ends in `-fast`; only a book can tell whether that is a speed or a part of the name (`grok-4-fast`). */
  readonly fast: boolean;
  /** An inference profile's region: `us`, `eu`, `apac`, `global`, ...; null where the id names none. */
  readonly region: string | null;
  /** An OpenRouter variant without its colon: `free`, `beta`, `nitro`, ... */
  readonly variant: string | null;
  /** `high`, `low`, ... at the end of the id; only a book can tell whether it is an effort (`o4-mini-high`). */
  readonly effortSuffix: string | null;
}

export interface NormalisedModelId {
  /** The name without routes, region, revision, variant and date, but still with a `-fast` or effort suffix. */
  readonly id: string;
  /** The name before its date was taken off: some dated snapshots have a price of their own. */
  readonly dated: string;
  /** The id as it came, trimmed and in lower case. */
  readonly exact: string;
  readonly flags: ModelIdFlags;
}

/** Longer ids are cut: no catalogue has one of half that length, and the time that an id can take stays bounded. */
export const MAX_MODEL_ID_CHARS = 256;

/** Path segments that name a seller, a router or a folder and never a model. */
const ROUTE_SEGMENTS = new Set(
  (
    'models publishers accounts routers bedrock vertex vertex_ai openrouter anthropic openai google gemini x-ai xai deepseek ' +
    'deepseek-ai mistral mistralai moonshot moonshotai z-ai zai zai-org zhipuai minimax minimaxai qwen alibaba groq cerebras ' +
    'fireworks fireworks_ai together together_ai azure azure_ai azure_openai github github_copilot github-copilot copilot ' +
    'cursor amazon aws meta-llama huggingface'
  ).split(' '),
);

const REGION = /^(us-gov|us|eu|apac|jp|au|ca|sa|in|global)\.(?=[a-z0-9-]+\.)/;
const CLOUD_VENDOR = /^(?:anthropic|openai)\./;
const LONG_CONTEXT = /\[1m\]$/;
const VARIANT = /:(beta|free|nitro|floor|thinking|online|exacto)$/;
const CLOUD_REVISION = /-v\d{1,2}:\d{1,3}(?::\d{1,4}k)?$/;
const CLAUDE_REVISION = /(?<=^claude-[a-z0-9.-]+)-v\d{1,2}$/;
const AT_REVISION = /@(?:20\d{6}|default|latest|\d{3})$/;
const GEMINI_REVISION = /(?<=^gemini-[a-z0-9.-]+)-\d{3}$/;
const DATE = /-20\d{2}(?:-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])|(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))$/;
const GEMINI_DATE = /(?<=^gemini-[a-z0-9.-]+)-(?:0[1-9]|1[0-2])-(?:20\d{2}|\d{2})$/;
const EFFORT = /-(minimal|low|medium|high|xhigh)$/;

interface Draft {
  id: string;
  dated: string | null;
  longContext1m: boolean;
  region: string | null;
  variant: string | null;
}

/** `projects/p/locations/l/publishers/anthropic/models/claude-x` and an ARN both end in the name that matters. */
function withoutRoutes(id: string): string {
  const path = id.startsWith('arn:') ? id.slice(id.lastIndexOf('/') + 1) : id;
  const segments = path.split('/');
  let first = 0;
  while (first < segments.length - 1) {
    const segment = segments[first] ?? '';
    if (segment === 'projects' || segment === 'locations' || segment === 'accounts') first += 2;
    else if (ROUTE_SEGMENTS.has(segment)) first += 1;
    else break;
  }
  return segments.slice(Math.min(first, segments.length - 1)).join('/');
}

function takeOff(draft: Draft, pattern: RegExp): string | null {
  const match = pattern.exec(draft.id);
  if (match === null || match[0].length === draft.id.length) return null;
  draft.id = draft.id.slice(0, match.index) + draft.id.slice(match.index + match[0].length);
  return match[1] ?? match[0];
}

function step(draft: Draft): void {
  draft.id = withoutRoutes(draft.id.trim()).trim();
  if (takeOff(draft, LONG_CONTEXT) !== null) draft.longContext1m = true;
  const variant = takeOff(draft, VARIANT);
  const region = takeOff(draft, REGION);
  draft.variant ??= variant;
  draft.region ??= region;
  takeOff(draft, CLOUD_VENDOR);
  takeOff(draft, CLOUD_REVISION);
  takeOff(draft, CLAUDE_REVISION);
  takeOff(draft, GEMINI_REVISION);
  if (draft.id.startsWith('claude-')) draft.id = draft.id.replace(/(?<=\d)\.(?=\d)/g, '-');
  const before = draft.id;
  const date = takeOff(draft, AT_REVISION) ?? takeOff(draft, DATE) ?? takeOff(draft, GEMINI_DATE);
  if (date !== null) draft.dated ??= before;
}

/**
 * Reads a model id in any of the spellings that agents, routers and clouds use. Total, bounded and idempotent: the `id` of a
 * result normalises to itself. Never shortens a version number, so that a newer model cannot pass for an older one.
 */
export function normaliseModelId(raw: string): NormalisedModelId {
  const exact = raw.slice(0, MAX_MODEL_ID_CHARS).toLowerCase().slice(0, MAX_MODEL_ID_CHARS).trim();
  const draft: Draft = { id: exact, dated: null, longContext1m: false, region: null, variant: null };
  for (let before = ''; before !== draft.id; ) {
    before = draft.id;
    step(draft);
  }
  return {
    id: draft.id,
    dated: draft.dated ?? draft.id,
    exact,
    flags: {
      longContext1m: draft.longContext1m,
      fast: draft.id.endsWith('-fast'),
      region: draft.region,
      variant: draft.variant,
      effortSuffix: EFFORT.exec(draft.id)?.[1] ?? null,
    },
  };
}
