import type { SeenRequest } from '../scriptedUpstream.ts';
import type { Script } from './script.ts';

/** Questions that agents ask beside their calls, answered so that they go on: status and JSON. */
export function answerAside(seen: SeenRequest): readonly [status: number, body: object] {
  const path = seen.path.split('?')[0] ?? '';
  const inputTokens = Math.max(1, Math.ceil(seen.bodyBytes / 4));
  if (seen.method === 'HEAD' || path.endsWith('/api/hello')) return [200, {}];
  if (path.endsWith('/count_tokens')) return [200, { input_tokens: inputTokens }];
  if (path.endsWith(':countTokens')) return [200, { totalTokens: inputTokens }];
  if (path.endsWith('/responses')) return [426, { error: { message: 'Upgrade Required' } }];
  if (path.endsWith('/v1beta/models')) return [200, { models: [{ name: 'models/gemini-3-pro' }] }];
  if (path.endsWith('/models')) return [200, { object: 'list', data: [], models: [], has_more: false }];
  const message = `The scripted upstream does not know ${path}.`;
  return [404, { error: { type: 'not_found_error', message } }];
}

/** Gemini CLI first asks a small model which model to use and wants JSON back; any other text makes it ask again. */
export function forAgents(seen: SeenRequest): Script | null {
  const config = seen.json?.['generationConfig'] as { responseMimeType?: string } | undefined;
  if (seen.api !== 'gemini-generate' || config?.responseMimeType !== 'application/json') return null;
  return {
    text: JSON.stringify({
      reasoning: 'Scripted.',
      model_choice: 'flash',
      complexity_reasoning: 'Scripted.',
      complexity_score: 1,
    }),
  };
}
