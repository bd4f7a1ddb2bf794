/** Which sellers the book covers, and what the two sources call them. */
export interface SectionPlan {
  readonly genai: string;
  /** Files of the second source; empty where it has no counterpart that is priced alike. */
  readonly pi: readonly string[];
  readonly firstParty: boolean;
}

/**
 * Sellers that a coding agent can be pointed at. `zhipuai` sells in China at other prices than `zai`. The second source's
 * `openai-codex` lists what a ChatGPT plan offers at API prices, so it only adds models that the API's list lacks.
 */
export const SECTION_PLANS: Readonly<Record<string, SectionPlan>> = {
  anthropic: { genai: 'anthropic', pi: ['anthropic'], firstParty: true },
  openai: { genai: 'openai', pi: ['openai', 'openai-codex'], firstParty: true },
  google: { genai: 'google', pi: ['google', 'google-vertex'], firstParty: true },
  'x-ai': { genai: 'x-ai', pi: ['xai'], firstParty: true },
  deepseek: { genai: 'deepseek', pi: ['deepseek'], firstParty: true },
  mistral: { genai: 'mistral', pi: ['mistral'], firstParty: true },
  moonshotai: { genai: 'moonshotai', pi: ['moonshotai'], firstParty: true },
  minimax: { genai: 'minimax', pi: ['minimax'], firstParty: true },
  zai: { genai: 'zai', pi: ['zai'], firstParty: true },
  zhipuai: { genai: 'zhipuai', pi: [], firstParty: true },
  cursor: { genai: 'cursor', pi: [], firstParty: false },
  'github-copilot': { genai: 'github-copilot', pi: ['github-copilot'], firstParty: false },
  aws: { genai: 'aws', pi: ['amazon-bedrock'], firstParty: false },
  azure: { genai: 'azure', pi: ['azure'], firstParty: false },
  groq: { genai: 'groq', pi: ['groq'], firstParty: false },
  cerebras: { genai: 'cerebras', pi: ['cerebras'], firstParty: false },
  fireworks: { genai: 'fireworks', pi: ['fireworks'], firstParty: false },
  together: { genai: 'together', pi: ['together'], firstParty: false },
  openrouter: { genai: 'openrouter', pi: ['openrouter'], firstParty: false },
};

/** Every file of the second source that a section reads. */
export const PI_FILES: readonly string[] = Object.values(SECTION_PLANS).flatMap(({ pi }) => pi);
