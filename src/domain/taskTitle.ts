import { maxTitleLength } from './task.ts';

/** A title that may be kept, or a sentence about what is wrong with what was written. */
export type ParsedTitle =
  | { readonly ok: true; readonly title: string }
  | { readonly ok: false; readonly problem: string };

/**
 * Reads a task's title: one line of 1 to 200 characters. Markup is kept as the text that it is, for no surface reads it as anything else;
 * control characters and marks that turn the direction of writing round are refused, because a title must look like what it is.
 */
export function parseTitle(text: string): ParsedTitle {
  const title = text.trim();
  if (title === '') return { ok: false, problem: 'A task needs a title.' };
  if (title.length > maxTitleLength) {
    return {
      ok: false,
      problem: `A title has at most ${maxTitleLength} characters; this one has ${title.length.toLocaleString('en-US')}.`,
    };
  }
  if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(title)) {
    return { ok: false, problem: 'A title is one line without control characters.' };
  }
  if (/[\u202a-\u202e\u2066-\u2069]/.test(title)) {
    return { ok: false, problem: 'A title cannot turn the direction of writing round.' };
  }
  return { ok: true, title };
}
