import { field, type JsonObject, textField } from './json.ts';
import { errorTypeOf, type ResponseState } from './responseState.ts';

/**
 * Reads an error of an AWS service: the exception of a stream, or a body's `__type`, which may carry a namespace before a "#". The
 * type of most error bodies stands in a response header only; the reader then calls them "error".
 */
export function readAwsError(state: ResponseState, data: JsonObject): void {
  const error = errorTypeOf(field(data, 'error'));
  const named = textField(data, '__type');
  const type = error ?? (named === null ? null : errorTypeOf({ type: named.slice(named.lastIndexOf('#') + 1) }));
  if (type !== null) state.set('errorType', type);
}
