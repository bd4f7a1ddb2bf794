import type { Route } from '../contract.ts';
import type { UpstreamTable } from '../upstreams.ts';
import { compatibleRoute } from './compatible.ts';

/** Groq: Chat and Responses below /openai/v1. */
export function groqRoute(upstreams: UpstreamTable): Route {
  return compatibleRoute({ id: 'groq', upstream: upstreams.groq });
}
