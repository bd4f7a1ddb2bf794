import { anthropic, chat, type Expected, gemini, type Recording, recording, responses } from './recordingRow.ts';

const deepseek = (file: string, expected: Expected) =>
  responses(`others/${file}`, { model: 'deepseek-v4-flash', thinkingSeen: true, ...expected });
const zai = (file: string, expected: Expected) => chat(`others/${file}`, { thinkingSeen: true, ...expected });

export const firstRecordings: readonly Recording[] = [
  // inputTokens 13 excludes the 1504 read (total 1522 = 13 + 5 + 1504); the path, not the body, names the model.
  recording('bedrock-converse', 'bedrock/bedrock_cache_usage_includes_cache_tokens.0.response.json', {
    stopReason: 'end_turn',
    usage: [13, 1504, 0, 5, 0],
    visible: '5',
  }),
  // input_tokens 3 excludes the 1111 read; no thinking block in a whole response, so thinking is 0.
  anthropic('anthropic_cache_real_api.0.response.json', {
    model: 'claude-sonnet-4-5-20250929',
    responseId: 'msg_01UUPT9QdZnZSRzcQJkjG25U',
    inferenceGeo: 'not_available',
    usage: [3, 1111, 0, 406, 0],
    visible: '# What is Python?\n\nPython is a high-level, ... Google, Netflix, NASA, and Instagram.',
  }),
  // As above, and ephemeral_5m_input_tokens 418 of cache_creation_input_tokens 418.
  anthropic('anthropic_cache_real_api.1.response.json', {
    model: 'claude-sonnet-4-5-20250929',
    responseId: 'msg_01KPaKTJSqAKoZri7Ujrny58',
    inferenceGeo: 'not_available',
    usage: [3, 1111, 418, 33, 0],
    visible: 'Python is a beginner-friendly, versatile ... automation, and scientific computing.',
  }),
  // Top level 229 in, 5 out = the message iteration; the compaction (100 in, 55096 written, 131 out) comes on top.
  anthropic('anthropic_compaction_usage_with_cache.0.response.json', {
    model: 'claude-sonnet-4-6',
    responseId: 'msg_011CduoCGqnmwXgi7jhzyVZM',
    inferenceGeo: 'global',
    usage: [229, 0, 0, 5, 0],
    extra: [[[100, 0, 55096, 131, 0]]],
    visible: 'The user provided a very long context ... say "Hello!" to the user.Hello!',
  }),
  // message_start says 100 in and 55096 read, but message_delta replaces them with 181 and 0; the compaction has the former.
  anthropic('anthropic_compaction_usage_with_cache_streaming.0.response.sse', {
    model: 'claude-sonnet-4-6',
    responseId: 'msg_011CduoCRono7pFKoTWpPAia',
    inferenceGeo: 'global',
    usage: [181, 0, 0, 8, 0],
    extra: [[[100, 55096, 0, 83, 0]]],
    visible: 'The user provided a very long context ... Next step: Say hello to the user.Hello! 👋',
  }),
  // output_tokens 189 replaces the 88 of message_start; two redacted_thinking blocks and no count: thinking is unknown.
  anthropic('anthropic_model_thinking_part_redacted_stream.0.response.sse', {
    model: 'claude-sonnet-4-5-20250929',
    responseId: 'msg_018XZkwvj9asBiffg3fXt88s',
    usage: [92, 0, 0, 189, null],
    thinkingSeen: true,
    thinkingHidden: true,
    visible: "I notice that you've sent what appears ... a legitimate task or question?",
  }),
  // output_tokens 282 replaces 1; a thinking block with text and no count.
  anthropic('anthropic_model_thinking_part_stream.0.response.sse', {
    model: 'claude-sonnet-4-20250514',
    responseId: 'msg_01ALwQ87pTS7hH1PjSdC9wJD',
    inferenceGeo: 'not_available',
    usage: [43, 0, 0, 282, null],
    thinkingSeen: true,
    visible:
      'Here are the basic steps for safely crossing the street:\n\n**At intersections ... safety over speed when crossing streets.',
    thinking: 'This is a straightforward question about ... safety information that could help prevent accidents.',
  }),
  anthropic('extra_headers.0.response.json', {
    model: 'claude-haiku-4-5-20251001',
    responseId: 'msg_01PDYHzNnqSLAXuK8NNtC5MA',
    usage: [8, 0, 0, 21, 0],
    visible: 'Hi there! How are you doing today? Is there anything I can help you with?',
  }),
  // total 21 = prompt 13 + candidates 8, so the thoughts that are not named are 0.
  gemini('google_model_vertex_provider.0.response.json', {
    model: 'gemini-2.0-flash',
    responseId: '1VpeaKq4CfH_2PgPh_z--AY',
    serviceTier: 'ON_DEMAND',
    usage: [13, 0, 0, 8, 0],
    visible: 'The capital of France is Paris.\n',
  }),
  // The last chunk counts: candidates 80 + thoughts 35 = 115. No thought was shown.
  gemini('google_stream_usage_is_live_mid_stream.0.response.sse', {
    model: 'gemini-2.5-flash',
    responseId: 'ru1garvBEoOiqtsP2fznmQw',
    serviceTier: 'standard',
    usage: [18, 0, 0, 115, 35],
    thinkingSeen: true,
    thinkingHidden: true,
    visible: '1\n2\n3\n4\n5\n6\n7\n ... 27\n28\n29\n30',
  }),
  // Somebody else's JSON on a Chat path: neither usage nor an error.
  chat('openai/invalid_response.0.response.json', { stopReason: null }),
  // prompt 4020 less cache_write_tokens 4012 leaves 8.
  chat('openai/openai_chat_prompt_cache_e2e.0.response.json', {
    model: 'gpt-5.6-sol',
    responseId: 'chatcmpl-E1mBLGr3Ql1FsH8cdc76XdGw3PleH',
    serviceTier: 'default',
    usage: [8, 0, 4012, 4, 0],
    visible: 'OK',
  }),
  // prompt 4020 less cached_tokens 4012 leaves 8.
  chat('openai/openai_chat_prompt_cache_e2e.1.response.json', {
    model: 'gpt-5.6-sol',
    responseId: 'chatcmpl-E1mBQt42vYTsKNd5wnyJlT0db7v9S',
    serviceTier: 'default',
    usage: [8, 4012, 0, 4, 0],
    visible: 'OK',
  }),
  // reasoning_tokens 1600 of output_tokens 1915; what is shown of it is a summary, the rest is encrypted.
  responses('openai/openai_model_thinking_part.0.response.json', {
    model: 'o3-mini-2025-01-31',
    responseId: 'resp_68c1fa0523248197888681b898567bde093f57e27128848a',
    usage: [13, 0, 0, 1915, 1600],
    thinkingSeen: true,
    thinkingHidden: true,
    visible:
      "I'm happy to help. When crossing the street, safety is the top priority. ... a clear and safe opportunity to cross.",
    thinking: '**Emphasizing pedestrian safety**\n\nI want ... so always stay cautious!',
  }),
  // reasoning_tokens 1792 of completion_tokens 2320 (total 2897 = 577 + 2320), none of it shown.
  chat('openai/openai_model_thinking_part.1.response.json', {
    model: 'o3-mini-2025-01-31',
    responseId: 'chatcmpl-CENUmtwDD0HdvTUYL6lUeijDtxrZL',
    serviceTier: 'default',
    usage: [577, 0, 0, 2320, 1792],
    thinkingSeen: true,
    thinkingHidden: true,
    visible: 'When it comes to crossing a river safely, ... professional guidance. Stay safe!',
  }),
  chat('openai/run_stream_sync_streams_real_model.0.response.sse', {
    model: 'gpt-4o-mini-2024-07-18',
    responseId: 'chatcmpl-Dx0XpqH8w09uBXwq1zFGYdETjtnEl',
    serviceTier: 'default',
    stopReason: 'tool_calls',
    usage: [53, 0, 0, 15, 0],
    toolCalls: 1,
    toolArguments: '{"country":"UK"}',
  }),
  chat('openai/run_stream_sync_streams_real_model.1.response.sse', {
    model: 'gpt-4o-mini-2024-07-18',
    responseId: 'chatcmpl-Dx0Xq5Xx9rHB2ehcHZCRDsnuymUXc',
    serviceTier: 'default',
    usage: [78, 0, 0, 9, 0],
    visible: 'The capital of the UK is London.',
  }),
  ...[0, 1, 2].map((exchange) =>
    chat(`openrouter/openrouter_errors_raised.${exchange}.response.json`, {
      httpStatus: 429,
      stopReason: null,
      errorType: '429',
    }),
  ),
  // An error chunk after HTTP 200, with usage. It claims 11 reasoning tokens of 10 completion tokens (total 53 = 43 + 10).
  chat('openrouter/openrouter_stream_error.0.response.sse', {
    model: 'minimax/minimax-m2:free',
    responseId: 'gen-1762179802-UN8pkJI4AGZvryk0kFnb',
    stopReason: 'length',
    errorType: '400',
    usage: [43, 0, 0, 10, 10],
    billedNanoUsd: 0,
    thinkingSeen: true,
    problems: ['bad-count'],
    thinking: 'We need to respond to a greeting. The user',
  }),
  // cost 0.00085 USD = 850,000 nano-USD. Encrypted reasoning was sent although reasoning_tokens is 0, which stands as reported.
  chat('openrouter/openrouter_stream_with_reasoning.0.response.sse', {
    model: 'openai/o3',
    responseId: 'gen-1762141316-q3fB64DDMstJO0ZakdSK',
    usage: [9, 0, 0, 104, 0],
    billedNanoUsd: 850_000,
    thinkingSeen: true,
    thinkingHidden: true,
    visible: 'I’m ChatGPT, ... just let me know!',
  }),
  // The same text stands in `reasoning` and in `reasoning_details`; reasoning_tokens 0 stands as reported.
  chat('openrouter/openrouter_with_reasoning.0.response.json', {
    model: 'z-ai/glm-4.6',
    responseId: 'gen-1761603589-2zW4FJLny121WIZ4fOS4',
    usage: [24, 0, 0, 2801, 0],
    thinkingSeen: true,
    visible: '\n\nOf course. This is an excellent question ... for better and for worse.',
    thinking: '1.  **Deconstruct the User\'s Prompt:**\n ... demonstrates the "thinking" process.',
  }),
  chat('others/cerebras_model_simple.0.response.json', {
    model: 'llama-3.3-70b',
    responseId: 'chatcmpl-5af19e85-b8e3-4836-8486-5f2b0b250c8d',
    usage: [43, 0, 0, 9, null],
    visible: '2 + 2 = 4.',
  }),
  // completion 212 of which reasoning 198; cache hit 0, miss 6.
  chat('others/deepseek_model_thinking_stream.0.response.sse', {
    model: 'deepseek-reasoner',
    responseId: '33be18fc-3842-486c-8c29-dd8e578f7f20',
    usage: [6, 0, 0, 212, 198],
    thinkingSeen: true,
    visible: 'Hello there! 😊 How can I help you today?',
    thinking: 'Hmm, the user just said "Hello". ... might not reply further - and that\'s okay too.',
  }),
  // input 366 less cached 256 leaves 110.
  deepseek('deepseek_responses-function_tool_stream.0.response.sse', {
    responseId: '1235b7ba-fdc9-4a1c-bfe4-6137c207baf3',
    usage: [110, 256, 0, 59, 14],
    toolCalls: 1,
    thinking: "The user asks about temperature in Tokyo. I'll call the tool.",
    toolArguments: '{"city": "Tokyo"}',
  }),
  // input 440 less cached 384 leaves 56.
  deepseek('deepseek_responses-function_tool_stream.1.response.sse', {
    responseId: '33df88f0-9f36-4616-95b0-ead91a37f7f1',
    usage: [56, 384, 0, 14, 0],
    thinkingSeen: false,
    visible: 'The current temperature in Tokyo is **21.0°C**.',
  }),
  deepseek('deepseek_responses-text.0.response.json', {
    responseId: '2e532992-cac2-41fd-80b5-c98ad79215f3',
    usage: [90, 0, 0, 15, 7],
    visible: 'The capital of France is Paris.',
    thinking: 'We need answer capital of France.',
  }),
  deepseek('deepseek_responses-text_multi_turn.0.response.json', {
    responseId: '49d254fd-deb4-4207-a85a-038a3893db25',
    usage: [87, 0, 0, 8, 6],
    visible: 'hello',
    thinking: 'We need answer exactly hello.',
  }),
  deepseek('deepseek_responses-text_multi_turn.1.response.json', {
    responseId: 'cad18dc8-ce7a-4247-8cd7-d9574926a924',
    usage: [97, 0, 0, 59, 56],
    visible: 'goodbye',
    thinking: 'We need to respond to the user. ... output "goodbye". Ensure no extra text.',
  }),
  deepseek('deepseek_responses-text_stream.0.response.sse', {
    responseId: 'bf5e7791-6c05-44ca-b7e0-56aa217150b1',
    usage: [90, 0, 0, 15, 7],
    visible: 'The capital of France is Paris.',
    thinking: 'We need answer capital of France.',
  }),
  responses('others/deepseek_responses_rejects_interleaved_function_calls.0.response.json', {
    httpStatus: 400,
    serviceTier: null,
    stopReason: null,
    errorType: 'invalid_request_error',
  }),
  deepseek('deepseek_responses_replay_interleaved_settled_function_calls.0.response.json', {
    responseId: 'b55e933f-60b8-4815-8f9b-2ebef92883fe',
    usage: [206, 0, 0, 30, 28],
    visible: 'done',
    thinking: 'We need to respond exactly "done". ... So final message just "done".',
  }),
  // input 180 less cached 128 leaves 52. The encrypted copy of reasoning that is shown hides nothing.
  deepseek('deepseek_responses_replay_own_reasoning_history.0.response.json', {
    responseId: '806896f9-a0e7-497f-9645-51900b22342d',
    usage: [52, 128, 0, 40, 38],
    visible: 'done',
    thinking: 'The user requested reading "a" and viewing "b", then asked ... the exact reply "done".',
  }),
  // input 189 less cached 128 leaves 61.
  deepseek('deepseek_responses_replay_own_reasoning_history.1.response.json', {
    responseId: '15473b38-ad91-4b6c-85e9-dd1c4a0e285a',
    usage: [61, 128, 0, 102, 100],
    visible: 'again',
    thinking: 'We need to respond exactly "done" again? ... So I\'ll output "again".',
  }),
  // input 200 less cached 128 leaves 72.
  deepseek('deepseek_responses_replay_unsent_item_ids.0.response.json', {
    responseId: '012561fe-41ac-4908-bf31-d2691cf8b263',
    usage: [72, 128, 0, 16, 14],
    visible: 'done',
    thinking: 'We need to reply exactly "done". ... Need not mention tool results.',
  }),
  // Reasoning inside the content, as <think>: visible on the wire, and its count is not given.
  chat('others/groq_model_thinking_part.0.response.json', {
    model: 'deepseek-r1-distill-llama-70b',
    responseId: 'chatcmpl-9748c1af-1065-410a-969a-d7fb48039fbb',
    usage: [21, 0, 0, 1414, null],
    visible: "<think>\nOkay, so I want to make Uruguayan alfajores. I've ... with a cup of coffee or tea!",
  }),
  chat('others/groq_model_thinking_part.1.response.json', {
    model: 'deepseek-r1-distill-llama-70b',
    responseId: 'chatcmpl-994aa228-883a-498c-8b20-9655d770b697',
    usage: [524, 0, 0, 1590, null],
    thinkingSeen: true,
    visible: 'To create authentic Argentinian alfajores, follow ... of this beloved South American treat.',
    thinking:
      'Alright, so I want to make Argentinian alfajores ... essence of this traditional South American treat.\n',
  }),
  chat('others/mistral_history_uses_prompt_cache.0.response.json', {
    model: 'mistral-large-latest',
    responseId: 'f693a0e825f04b4ba7d4fe0c132266b8',
    usage: [253, 0, 0, 5, null],
    visible: 'cache probe one.',
  }),
  // prompt 268 less cached 224 leaves 44.
  chat('others/mistral_history_uses_prompt_cache.1.response.json', {
    model: 'mistral-large-latest',
    responseId: '23271c0215f547dcb5d5e2950f354f9d',
    usage: [44, 224, 0, 5, null],
    visible: 'cache probe two.',
  }),
  // Thinking comes as content parts; it is in the 232 completion tokens, but how much of them is not said.
  chat('others/mistral_model_thinking_part_iter.0.response.sse', {
    model: 'magistral-medium-latest',
    responseId: '9f9d90210f194076abeee223863eaaf0',
    usage: [10, 0, 0, 232, null],
    thinkingSeen: true,
    visible: 'To cross the street safely, ... a safe crossing.',
    thinking: 'Okay, the user ... into a clear and concise response.',
  }),
  zai('zai_glm_5_3_reasoning_effort.0.response.json', {
    model: 'glm-5.3',
    responseId: '2026082105021459b8578d40894aa9',
    usage: [20, 0, 0, 125, 116],
    visible: '2 + 2 = 4',
    thinking: 'The user is asking a simple arithmetic question: ... short is ideal.',
  }),
  zai('zai_glm_5_3_reasoning_effort.1.response.json', {
    model: 'glm-5.3',
    responseId: '20260821050219787b1f0e32e04586',
    usage: [20, 0, 0, 120, 111],
    visible: '2 + 2 = 4',
    thinking: 'The user is asking a simple arithmetic question: ... No need to overthink this.',
  }),
  zai('zai_model_simple.0.response.json', {
    model: 'glm-4.7',
    responseId: '20260701073925df703dd30a854c37',
    usage: [13, 0, 0, 437, 427],
    visible: '2 + 2 is 4.',
    thinking: "\n1.  **Analyze the user's input**: ... and helpful response.",
  }),
  zai('zai_reasoning_effort.0.response.json', {
    model: 'glm-5.2',
    responseId: '202607010707065a46740249494b23',
    usage: [20, 0, 0, 67, 58],
    visible: '2 + 2 = 4',
    thinking: '1.  Identify the core question: ... clearly and concisely.',
  }),
  zai('zai_thinking_mode.0.response.json', {
    model: 'glm-4.7',
    responseId: '20260701071019fb893cf0ba38429c',
    usage: [13, 0, 0, 247, 237],
    visible: '2 + 2 is 4.',
    thinking: '\n1.  **Identify the user\'s question:** ... or "The answer is 4."',
  }),
  // prompt 435 less cached 4 leaves 431.
  zai('zai_vision_thinking.0.response.json', {
    model: 'glm-4.6v',
    responseId: '20260701070702302806407fe142a0',
    usage: [431, 4, 0, 73, 56],
    visible: '\nThe fruit in the image is a kiwi.',
    thinking: "Got it, let's see. ... the image is a kiwi.",
  }),
];
