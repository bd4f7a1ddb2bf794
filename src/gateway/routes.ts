import type { Route } from './contract.ts';
import { anthropicRoute } from './routes/anthropic.ts';
import { codexRoute } from './routes/codex.ts';
import { geminiRoute } from './routes/gemini.ts';
import { openaiRoute } from './routes/openai.ts';
import type { UpstreamTable } from './upstreams.ts';

/** The route table: a new provider is a file under routes/ and a line here. */
export function createRoutes(upstreams: UpstreamTable): readonly Route[] {
  return [anthropicRoute(upstreams), openaiRoute(upstreams), geminiRoute(upstreams), codexRoute(upstreams)];
}
