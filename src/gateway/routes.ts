import type { Route } from './contract.ts';
import { alibabaRoute } from './routes/alibaba.ts';
import { anthropicRoute } from './routes/anthropic.ts';
import { azureRoute } from './routes/azure.ts';
import { bedrockRoute } from './routes/bedrock.ts';
import { codeAssistRoute } from './routes/codeAssist.ts';
import { codexRoute } from './routes/codex.ts';
import { deepseekRoute } from './routes/deepseek.ts';
import { geminiRoute } from './routes/gemini.ts';
import { groqRoute } from './routes/groq.ts';
import { lmStudioRoute } from './routes/lmStudio.ts';
import { mistralRoute } from './routes/mistral.ts';
import { moonshotRoute } from './routes/moonshot.ts';
import { ollamaRoute } from './routes/ollama.ts';
import { openaiRoute } from './routes/openai.ts';
import { openrouterRoute } from './routes/openrouter.ts';
import { vertexRoute } from './routes/vertex.ts';
import { xaiRoute } from './routes/xai.ts';
import { zaiRoute } from './routes/zai.ts';
import type { UpstreamTable } from './upstreams.ts';

const routes: readonly ((upstreams: UpstreamTable) => Route)[] = [
  anthropicRoute,
  openaiRoute,
  geminiRoute,
  codexRoute,
  bedrockRoute,
  vertexRoute,
  codeAssistRoute,
  azureRoute,
  openrouterRoute,
  deepseekRoute,
  xaiRoute,
  mistralRoute,
  groqRoute,
  moonshotRoute,
  zaiRoute,
  alibabaRoute,
  ollamaRoute,
  lmStudioRoute,
];

/** The route table: a new provider is a file under routes/, a line above and a line in the table of upstreams. */
export function createRoutes(upstreams: UpstreamTable): readonly Route[] {
  return routes.map((create) => create(upstreams));
}
