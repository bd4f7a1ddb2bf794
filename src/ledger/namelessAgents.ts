/** What the wire calls the libraries that many agents make their calls with. */
export const namelessAgents: readonly string[] = [
  ...['unknown', 'litellm', 'anthropic-sdk', 'openai-sdk', 'google-genai-sdk'],
];
