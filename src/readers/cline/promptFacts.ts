import { arrayField, asObject, field, textField } from '../../wire/json.ts';
import { instantOf } from '../counts.ts';

/** What the prompts of a task tell of the machine, since nothing else does: the model in use, and the folder that is worked in. */
export interface PromptFacts {
  readonly folder: string | null;
  readonly models: readonly { readonly atMs: number; readonly model: string }[];
}

const modelTag = /<model>([^<]{1,200})<\/model>/;
const folderLine = /# Current (?:Workspace|Working) Directory \(([^)\n]{1,1000})\)/;

/** Reads `api_conversation_history.json`. Of the prompts only these two facts are kept. */
export function promptFacts(history: unknown): PromptFacts {
  const models: { atMs: number; model: string }[] = [];
  let folder: string | null = null;
  for (const entry of Array.isArray(history) ? history : []) {
    const message = asObject(entry);
    if (field(message, 'role') !== 'user') continue;
    for (const block of arrayField(message, 'content')) {
      const text = textField(asObject(block), 'text');
      if (text === null) continue;
      folder ??= absolute(folderLine.exec(text)?.[1]);
      const model = modelTag.exec(text)?.[1];
      if (model !== undefined) models.push({ atMs: instantOf(field(message, 'ts')) ?? 0, model });
    }
  }
  return { folder, models };
}

/** A workspace of several folders prints a name instead. */
function absolute(path: string | undefined): string | null {
  return path !== undefined && /^(?:[/\\]|[A-Za-z]:)/.test(path) ? path : null;
}
