import { anthropic, chat, gemini, type Recording, responses } from './recordingRow.ts';

/** Responses that were chosen because their shapes differ from those of the first recordings and from each other. */
export const furtherRecordings: readonly Recording[] = [
  // Two samplings of the answer: 1128 + 1262 = 2390 in, 110 + 11 = 121 out. The advisor's comes on top. The thinking block is empty.
  anthropic('anthropic_advisor_tool.0.response.json', {
    model: 'claude-sonnet-5',
    responseId: 'msg_011CdD8kCHePDwkWhKt6aCDv',
    inferenceGeo: 'global',
    usage: [1128, 0, 0, 110, 28],
    extra: [[[1262, 0, 0, 11, 0]], [[2518, 0, 0, 22, null], { model: 'claude-opus-4-8' }]],
    thinkingSeen: true,
    thinkingHidden: true,
    visible: 'Task: answer "What\'s 2+2?" ... advisor before answering.2 + 2 = 4',
  }),
  // 1128 + 1283 = 2411 in, 135 + 10 = 145 out, of which 47 thought; message_start knew of the first sampling only.
  anthropic('anthropic_advisor_tool_stream.0.response.sse', {
    model: 'claude-sonnet-5',
    responseId: 'msg_011CdD8kd2BCHcbXAHcYxvaf',
    inferenceGeo: 'global',
    usage: [1128, 0, 0, 135, 47],
    extra: [[[1283, 0, 0, 10, 0]], [[2543, 0, 0, 18, null], { model: 'claude-opus-4-8' }]],
    thinkingSeen: true,
    thinkingHidden: true,
    visible: 'The task asks "What\'s 2+2?" — a trivial ... before finalizing.The answer is **4**.',
  }),
  // All 3913 written are kept for an hour; message_delta repeats the total without the split.
  anthropic('anthropic_cache_earlier_breakpoint_raised_to_later_longer_ttl.0.response.sse', {
    model: 'claude-sonnet-4-6',
    responseId: 'msg_011Cfs3SZuenLxTeGfyP2nwx',
    inferenceGeo: 'global',
    usage: [13, 0, 0, 4, 0],
    cacheWrite1hTokens: 3913,
    visible: 'Django',
  }),
  anthropic('anthropic_count_tokens_error.0.response.json', {
    httpStatus: 404,
    serviceTier: null,
    stopReason: null,
    errorType: 'not_found_error',
  }),
  // thinking_tokens 30 of output_tokens 67 although the thinking block shows nothing.
  anthropic('anthropic_fable_5_1_drops_a_stale_thinking_block.0.response.json', {
    model: 'claude-fable-5-1',
    responseId: 'msg_011CedWoxKFPZrwPCYGh2Gp4',
    inferenceGeo: 'global',
    usage: [41, 0, 0, 67, 30],
    thinkingSeen: true,
    thinkingHidden: true,
    visible: '17 × 23 = 17 × 20 + 17 × 3 = 340 + 51 = **391**.',
  }),
  anthropic('a_real_anthropic_run_streams_thinking_and_a_tool_call.0.response.sse', {
    model: 'claude-sonnet-4-5-20250929',
    responseId: 'msg_011CdoUewPGfNCZ2HiDjJzBP',
    inferenceGeo: 'not_available',
    stopReason: 'tool_use',
    usage: [597, 0, 0, 101, 45],
    toolCalls: 1,
    thinkingSeen: true,
    thinking: 'The user wants to know the temperature in Utrecht. ... with "Utrecht" as the city parameter.',
    toolArguments: '{"city": "Utrecht"}',
  }),
  // 235 candidates + 563 thoughts = 798; the tools' 1268 are input beside the prompt's 46 (total 2112 = 46 + 1268 + 798).
  gemini('google_model_builtin_code_execution_stream.0.response.sse', {
    model: 'gemini-2.5-pro',
    responseId: 'bzZ8adPDEsPg8QGPveKoAg',
    usage: [1314, 0, 0, 798, 563],
    thinkingSeen: true,
    thinkingHidden: true,
    visible: 'Following the order of operations ... is **-428,330,955.97745**.',
    toolArguments: '    print(65465 - 6544 ... 65464 - 6 + 1.02255)\n',
  }),
  // prompt 3520 less cached 3512 leaves 8; 2 candidates + 42 thoughts.
  gemini('google_model_cached_content.1.response.json', {
    model: 'gemini-2.5-flash',
    responseId: '_VQYaqvRGbW6qtsPg4TDoAg',
    serviceTier: 'standard',
    usage: [8, 3512, 0, 44, 42],
    thinkingSeen: true,
    thinkingHidden: true,
    visible: 'Paris.',
  }),
  // All 1290 candidates are an image; total 1300 = 10 + 1290 leaves no thoughts.
  gemini('google_image_or_text_output.1.response.json', {
    model: 'gemini-2.5-flash-image',
    responseId: 'wziBaeC2Jdq2qtsP4Zru2AM',
    usage: [10, 0, 0, 1290, 0],
  }),
  // The prompt was blocked: the usage has a traffic type and no count at all.
  gemini('google_model_armor_prompt_template_text_gets_blocked.1.response.json', {
    model: 'gemini-2.5-flash',
    responseId: 'mSEXaseKG-P51PIPwv66qQs',
    serviceTier: 'ON_DEMAND',
    stopReason: 'MODEL_ARMOR',
  }),
  // The answer was blocked after it was made: 6 candidates + 27 thoughts are used although none is shown.
  gemini('google_model_armor_response_template_real_block.0.response.json', {
    model: 'gemini-2.5-flash',
    responseId: 'QVRhatDkAeqe7dcPlP-i8QM',
    serviceTier: 'ON_DEMAND',
    stopReason: 'MODEL_ARMOR',
    usage: [19, 0, 0, 33, 27],
    thinkingSeen: true,
    thinkingHidden: true,
  }),
  // No candidatesTokenCount: the 2 thoughts are all of the output (total 17 = 15 + 2).
  gemini('google_model_max_tokens_thinking_model_empty_response.0.response.json', {
    model: 'gemini-2.5-pro',
    responseId: 'fH8oaunbEbr9qtsPjYGX4A0',
    serviceTier: 'standard',
    stopReason: 'MAX_TOKENS',
    usage: [15, 0, 0, 2, 2],
    thinkingSeen: true,
    thinkingHidden: true,
  }),
  // prompt 32 + the fetched page's 4665 = 4697; 66 candidates + 45 thoughts (total 4808). A fetched page is no search.
  gemini('google_model_web_fetch_tool-False.0.response.json', {
    model: 'gemini-2.5-flash',
    responseId: 'oDR8af2BMIycz7IPs-_ggQQ',
    usage: [4697, 0, 0, 111, 45],
    thinkingSeen: true,
    thinkingHidden: true,
    visible: '\nThe first meaningful sentence ... in San Francisco on March 10th!',
  }),
  gemini('google_no_finish_reason.0.response.json', {
    model: 'gemini-1.5-flash',
    stopReason: null,
    usage: [7, 0, 0, 11, 0],
    visible: 'Hello there! How can I help you today?\n',
  }),
  // 10 candidates (the call) + 110 thoughts.
  gemini('google_streaming_tool_call_thought_signature.0.response.sse', {
    model: 'gemini-3-pro-preview',
    responseId: 'SVV8aY6uBqe6qtsPmJbEuAM',
    usage: [29, 0, 0, 120, 110],
    toolCalls: 1,
    thinkingSeen: true,
    thinkingHidden: true,
    toolArguments: '{}',
  }),
  chat('openai/azure_provider_call.0.response.json', {
    model: 'gpt-4o-2024-11-20',
    responseId: 'chatcmpl-BAeyRj7gU6aCNSSAskAFbupBWYMIT',
    usage: [14, 0, 0, 9, 0],
    visible: 'The capital of France is **Paris**.',
  }),
  // Google's: total 126 = 35 + 12 + 79 thoughts, which no other field names.
  chat('openai/compatible_api_with_tool_calls_without_id.0.response.json', {
    model: 'gemini-2.5-pro',
    responseId: 'mMl8af2XFseqqtsPtbCn6Qg',
    stopReason: 'tool_calls',
    usage: [35, 0, 0, 91, 79],
    toolCalls: 1,
    thinkingSeen: true,
    thinkingHidden: true,
    toolArguments: '{}',
  }),
  // total 72 = 66 + 6 leaves no thoughts, but nobody says so.
  chat('openai/compatible_api_with_tool_calls_without_id.1.response.json', {
    model: 'gemini-2.5-pro',
    responseId: 'msl8ad3eHbaRmtkPwoOb2QY',
    usage: [66, 0, 0, 6, null],
    visible: 'The current time is Noon. \n',
  }),
  // Queued for later: the body is whole and reports no usage yet.
  responses('openai/background_mode_vcr.0.response.json', {
    model: 'gpt-4o-2024-08-06',
    responseId: 'resp_06a562f31ab7703300698b9df109c481979ebf760b2ff5fc75',
    serviceTier: 'auto',
    stopReason: 'queued',
  }),
  // "status": "complete" is the recorder's own word, and stands as it is.
  responses('openai/openai_invalid_previous_response_id.0.response.json', {
    model: 'gpt-5',
    responseId: 'resp_1234',
    serviceTier: null,
    stopReason: 'complete',
    usage: [10, 0, 0, 1, 0],
    visible: 'sesame',
  }),
  // The shell ran in OpenAI's container, so no tool call is left to the client; 103 of 108 tokens were thought and not shown.
  responses('openai/openai_responses_hosted_shell_with_uploaded_file.1.response.json', {
    model: 'gpt-5.2-2025-12-11',
    responseId: 'resp_0d66f6a1627a2ba90169ad9b64f5d4819ab423cf0479c91a34',
    usage: [963, 0, 0, 108, 103],
    thinkingSeen: true,
    thinkingHidden: true,
    visible: '2',
    toolArguments: "ls -l /mnt/datapython - <<'PY'\nimport csv\n ... print(n)\nPY",
  }),
  // A shell of the client's own is a tool call; the usage has no total and the response no service tier.
  responses('openai/openai_responses_local_shell_toolset_stream.0.response.sse', {
    model: 'gpt-5.4-2026-03-05',
    responseId: 'resp_0290055475c8074e0169b194e6c51481948149545ccab45881',
    serviceTier: null,
    usage: [271, 0, 0, 45, 0],
    toolCalls: 1,
  }),
  // cost 0.0000113 USD = 11,300 nano-USD. The final list names the reasoning by another id than the stream did.
  responses('openrouter/openai_responses_raw_cot_stream_openrouter.0.response.sse', {
    model: 'openai/gpt-oss-20b',
    responseId: 'gen-1764265411-Fu1iEX7h5MRWiL79lb94',
    serviceTier: 'auto',
    usage: [78, 0, 0, 37, 22],
    billedNanoUsd: 11_300,
    thinkingSeen: true,
    visible: '4',
    thinking: 'The user asks: "What is 2+2?" They expect a straightforward answer: 4. Just answer 4.',
  }),
  // cost 0.004628 USD is the bill, the advisor's share in it; the upstream's own 0.000123 is no more than a detail of it.
  chat('openrouter/openrouter_advisor_tool.0.response.json', {
    model: 'openai/gpt-4o-mini',
    responseId: 'gen-1784733335-lLtKiLlEyVlwLDL3VWpa',
    usage: [576, 0, 0, 61, 0],
    billedNanoUsd: 4_628_000,
    visible: 'You could name your Python retry library **Tenacious** ... a catchy and descriptive option.',
  }),
  // The same reasoning stands in `reasoning` and in `reasoning_details`.
  chat('openrouter/openrouter_kimi_k2_5.0.response.json', {
    model: 'moonshotai/kimi-k2.5',
    responseId: 'gen-1769543798-64AJb7vkawnjeUZTXlLA',
    usage: [20, 0, 0, 48, 42],
    billedNanoUsd: 156_000,
    thinkingSeen: true,
    visible: '4',
    thinking: 'The user is asking for the answer to 2+2. ... I should respond with just "4" and nothing else.',
  }),
  // The upstream's own error stands as text inside the metadata; the router's code is the type.
  chat('openrouter/openrouter_thinking_false_on_always_on_route.0.response.json', {
    httpStatus: 400,
    stopReason: null,
    errorType: '400',
  }),
  // No cost was reported, so that nothing is known of the bill.
  chat('openrouter/openrouter_tool_calling.0.response.json', {
    model: 'mistralai/mistral-small',
    responseId: 'gen-1762047030-dJUcJW4ildNGqK4UV6iJ',
    stopReason: 'tool_calls',
    usage: [134, 0, 0, 43, null],
    toolCalls: 1,
    toolArguments: '{"numerator": 123, "denominator": 456, "on_inf": "infinity"}',
  }),
  // cost 0.0133176 USD, the search in it.
  chat('openrouter/openrouter_web_search_tool_usage.0.response.json', {
    model: 'openai/gpt-4.1-mini',
    responseId: 'gen-1786465024-LTuiAe3JFScRdoQQj2E3',
    serviceTier: 'default',
    usage: [8174, 0, 0, 30, 0],
    webSearches: 1,
    billedNanoUsd: 13_317_600,
    visible: 'https://github.com/pydantic/pydantic-ai ',
  }),
  chat('openrouter/openrouter_web_search_tool_usage_stream.0.response.sse', {
    model: 'openai/gpt-4.1-mini',
    responseId: 'gen-1786465029-CAkqUciXgQW34RmFaTck',
    serviceTier: 'default',
    usage: [8174, 0, 0, 30, 0],
    webSearches: 1,
    billedNanoUsd: 13_317_600,
    visible: 'https://github.com/pydantic/pydantic-ai ',
  }),
  // The usage stands in x_groq of the last chunk. The search was Groq's own.
  chat('others/groq_model_web_search_tool_stream_single_chunk.0.response.sse', {
    model: 'groq/compound',
    responseId: 'chatcmpl-single-test',
    usage: [100, 0, 0, 20, null],
    visible: 'The weather in San Francisco is sunny and 62°F.',
  }),
  // total 34 = 13 + 21; num_search_queries 1.
  chat('others/perplexity_agent_run.0.response.json', {
    model: 'sonar-pro',
    responseId: 'pplx-5250-test',
    usage: [13, 0, 0, 21, null],
    webSearches: 1,
    visible: 'Pydantic AI is a Python agent framework ... with generative AI.',
  }),
  chat('others/together_500_on_tool_continuation.1.response.json', {
    model: 'meta-llama/Llama-4-Scout-17B-16E-Instruct',
    responseId: 'oS9Xt2L-3pDw3Z-9b97ab8bcfbbe5fe',
    stopReason: 'tool_calls',
    usage: [616, 0, 0, 7, null],
    toolCalls: 1,
    toolArguments: '{"city": "Paris"}',
  }),
  chat('others/together_500_on_tool_continuation.2.response.json', {
    httpStatus: 500,
    responseId: 'oS9XtEv-3pDw3Z-9b97ab906d73553b',
    stopReason: null,
    errorType: 'server_error',
  }),
  chat('others/tool_use_failed_error_with_text.0.response.json', {
    httpStatus: 400,
    stopReason: null,
    errorType: 'invalid_request_error',
  }),
  // reasoning_tokens 147 of completion_tokens 174.
  chat('others/tool_use_failed_error_with_text.1.response.json', {
    model: 'openai/gpt-oss-120b',
    responseId: 'chatcmpl-9fc28492-a04d-4b0f-b9a0-a9149d048b37',
    serviceTier: 'on_demand',
    stopReason: 'tool_calls',
    usage: [254, 0, 0, 174, 147],
    toolCalls: 1,
    thinkingSeen: true,
    thinking: "The user wants me to fix the errors. ... Let's do function call.\n\n",
    toolArguments: '{"response":"yes"}',
  }),
];
