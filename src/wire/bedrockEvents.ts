import { type AwsEventStream, createAwsEventStream } from './awsEventStream.ts';
import type { WireProblem } from './contract.ts';
import { asObject, type JsonObject } from './json.ts';

export interface BedrockEventSink {
  onEvent(data: JsonObject): void;
  onProblem(problem: WireProblem): void;
}

/**
 * Turns the messages of a Bedrock stream into one object each, for a decoder: `{<event type>: <payload>}` for an event, and
 * `{error: {type}}` for an exception, whose message is left out because it may quote the prompt.
 */
export function createBedrockEvents(sink: BedrockEventSink): AwsEventStream {
  return createAwsEventStream({
    onMessage({ headers, payload }) {
      const kind = headers.get(':message-type') ?? 'event';
      if (kind !== 'event') {
        const type = headers.get(':exception-type') ?? headers.get(':error-code');
        sink.onEvent({ error: type === undefined ? {} : { type } });
        return;
      }
      const name = headers.get(':event-type');
      const object = asObject(payload);
      if (name === undefined)
        sink.onProblem({ code: 'malformed-event', detail: 'a message of the stream has no type' });
      else if (payload === undefined)
        sink.onProblem({ code: 'malformed-json', detail: 'an event of the stream is no JSON' });
      else if (object === null)
        sink.onProblem({ code: 'unexpected-shape', detail: 'an event of the stream is no object' });
      else sink.onEvent({ [name]: object });
    },
    onProblem: (problem) => sink.onProblem(problem),
  });
}
