import type { ApiKind } from '../../domain/api.ts';
import { anthropicWhole, createAnthropicEnding } from './anthropicEnding.ts';
import type { EndingEvent, EndingTracker, Sentence } from './contract.ts';
import { eventLines } from './eventText.ts';
import { createGeminiEnding, geminiWhole } from './geminiEnding.ts';
import { createOllamaEnding, ollamaWhole } from './ollamaEnding.ts';
import { createOpenaiChatEnding, openaiChatWhole } from './openaiChatEnding.ts';
import { createOpenaiResponsesEnding, openaiResponsesWhole } from './openaiResponsesEnding.ts';

/** A message of an assistant that never ran: HTTP 200, nothing used. */
export interface SpokenAnswer {
  readonly contentType: string;
  readonly body: string;
}

interface Speaker {
  readonly tracker: () => EndingTracker;
  readonly whole: (sentence: Sentence) => object;
}

const speakers: Partial<Readonly<Record<ApiKind, Speaker>>> = {
  'anthropic-messages': { tracker: createAnthropicEnding, whole: anthropicWhole },
  'openai-chat': { tracker: createOpenaiChatEnding, whole: openaiChatWhole },
  'openai-responses': { tracker: () => createOpenaiResponsesEnding('incomplete'), whole: openaiResponsesWhole },
  'gemini-generate': { tracker: createGeminiEnding, whole: (sentence) => geminiWhole(sentence, 'spoken') },
  'ollama-native': { tracker: createOllamaEnding, whole: (sentence) => ollamaWhole(sentence, 'spoken') },
};

/** The sentence as a whole answer of the API, as a stream where one was asked for; null where the API has none that we write. */
export function spokenAnswer(api: ApiKind, sentence: Sentence, stream: boolean): SpokenAnswer | null {
  const speaker = speakers[api];
  if (speaker === undefined) return null;
  if (!stream) return { contentType: 'application/json', body: JSON.stringify(speaker.whole(sentence)) };
  const events: readonly EndingEvent[] = speaker.tracker().ending(sentence, 'spoken');
  const lines = api === 'ollama-native';
  return {
    contentType: lines ? 'application/x-ndjson' : 'text/event-stream; charset=utf-8',
    body: eventLines(events, lines ? 'lines' : 'sse'),
  };
}
