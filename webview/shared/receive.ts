import type { Shape } from './shape.ts';

export interface ChannelHandlers<In> {
  readonly shapes: { readonly [Name in keyof In]: Shape<In[Name]> };
  readonly on: { readonly [Name in keyof In]: (body: In[Name]) => void };
  /** A known message whose body is not what this build understands: the two sides are of different versions. */
  readonly onMismatch: (type: string) => void;
}

/** Checks a message and hands its body on. Needs no window. */
export function receive<In>(handlers: ChannelHandlers<In>, data: unknown): void {
  if (typeof data !== 'object' || data === null || !('type' in data) || !('body' in data)) return;
  const { type, body } = data;
  if (typeof type !== 'string' || !Object.hasOwn(handlers.shapes, type)) return;
  const name = type as keyof In & string;
  if (handlers.shapes[name](body)) handlers.on[name](body);
  else handlers.onMismatch(type);
}
