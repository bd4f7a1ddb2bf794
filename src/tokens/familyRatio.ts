/** Tokens of a model per o200k token, by family, as measured on code, prose, JSON and diffs or published by others. */
const FAMILIES: readonly (readonly [pattern: RegExp, ratio: number])[] = [
  [/gemini|gemma/, 1.17],
  [/deepseek/, 1.04],
  [/qwen|qwq|kimi|moonshot|glm|minimax/, 1.05],
  [/grok/, 1.05],
  [/gpt|codex|(^|\/)o[1-9]([-:]|$)/, 1],
];
const UNKNOWN_FAMILY = 1.05;
const CLAUDE_SINCE_4_7 = 1.45;
const CLAUDE_UNTIL_4_6 = 1.15;

/**
 * What one o200k token is worth in a model's own tokens before anything was learned about it. The id may carry a vendor prefix or a
 * date; a Claude without a version (`opus`) is taken for a new one.
 */
export function familyRatio(model: string): number {
  const id = model.toLowerCase();
  if (/claude|(^|\/)(opus|sonnet|haiku|fable)/.test(id)) return claudeRatio(id);
  for (const [pattern, ratio] of FAMILIES) if (pattern.test(id)) return ratio;
  return UNKNOWN_FAMILY;
}

/** Claude's vocabulary changed with 4.7. Reads `claude-opus-4-8`, `claude-3-7-sonnet-20250219`, `claude-sonnet-4.5`; eight digits are a date. */
function claudeRatio(id: string): number {
  if (/claude-instant/.test(id)) return CLAUDE_UNTIL_4_6;
  const version = /-v?(\d{1,2})(?!\d)(?:[-.](\d{1,2})(?!\d))?/.exec(id);
  if (version === null) return CLAUDE_SINCE_4_7;
  const major = Number(version[1]);
  const minor = Number(version[2] ?? 0);
  return major > 4 || (major === 4 && minor >= 7) ? CLAUDE_SINCE_4_7 : CLAUDE_UNTIL_4_6;
}
