/** Names of families by what the id begins with, where the first word alone would split or join them wrongly. */
const families: readonly (readonly [pattern: RegExp, family: string])[] = [
  [/^(claude|opus|sonnet|haiku)/, 'Claude'],
  [/^(gpt|chatgpt|codex|o[1-9])/, 'GPT'],
  [/^(gemini|gemma)/, 'Gemini'],
  [/^(grok)/, 'Grok'],
  [/^(deepseek)/, 'DeepSeek'],
  [/^(qwen|qwq)/, 'Qwen'],
  [/^(kimi|moonshot)/, 'Kimi'],
  [/^(glm|chatglm)/, 'GLM'],
  [/^(minimax|abab)/, 'MiniMax'],
  [/^(mistral|codestral|devstral|magistral|ministral)/, 'Mistral'],
  [/^(llama)/, 'Llama'],
];

/** The family of a model by its name: known ones by their maker's word, others by their first word, verbatim. A vendor's prefix ("openai/") is passed over. */
export function modelFamily(model: string): string {
  const name = model.slice(model.lastIndexOf('/') + 1).trim();
  const lower = name.toLowerCase();
  const known = families.find(([pattern]) => pattern.test(lower));
  if (known) return known[1];
  return /^[\p{L}\p{N}]+/u.exec(name)?.[0] ?? name;
}
