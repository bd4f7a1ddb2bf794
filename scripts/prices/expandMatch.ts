import type { MatchLogic } from '@pydantic/genai-prices';

/** The exact texts that a catalogue's match rule stands for, and the rules that no exact text can stand for. */
export interface ExpandedMatch {
  readonly ids: readonly string[];
  readonly dropped: readonly string[];
}

/** A fully anchored expression without alternatives is an exact text once its escapes are undone. */
const ANCHORED = /^\^((?:[a-z0-9_/@:-]|\\[.[\]]|=)+)\$$/i;
/** `^name-\d{8}$` and `^name-\d{4}-\d{2}-\d{2}$`: the normaliser takes such dates off. */
const DATED = /^\^((?:[a-z0-9_/@:-]|\\[.[\]])+)-(?:\\d\{8\}|\\d\{4\}-\\d\{2\}-\\d\{2\})\$$/i;

/** What remains of a prefix such as `claude-sonnet-4-2025` or `claude-opus-4@` is the name that it was cut from. */
function nameOfPrefix(prefix: string): string {
  return prefix.replace(/-20\d{2}-?$/, '').replace(/[-@:.]+$/, '');
}

/**
 * Turns a match rule into exact ids. A prefix, a suffix or a part stands for its own text alone (dates are taken off at run
 * time): longer names are other models, however alike they look, and have to be listed to be priced.
 */
export function expandMatch(rule: MatchLogic): ExpandedMatch {
  if ('or' in rule) return joined(rule.or.map(expandMatch));
  if ('and' in rule) return { ids: joined(rule.and.map(expandMatch)).ids, dropped: [] };
  if ('equals' in rule) return { ids: [rule.equals], dropped: [] };
  if ('regex' in rule) {
    const source = (ANCHORED.exec(rule.regex) ?? DATED.exec(rule.regex))?.[1];
    if (source === undefined) return { ids: [], dropped: [rule.regex] };
    return { ids: [source.replaceAll('\\', '')], dropped: [] };
  }
  const text = 'starts_with' in rule ? rule.starts_with : 'ends_with' in rule ? rule.ends_with : rule.contains;
  const name = nameOfPrefix(text);
  return name.startsWith('ft:') ? { ids: [], dropped: [text] } : { ids: [name], dropped: [] };
}

function joined(parts: readonly ExpandedMatch[]): ExpandedMatch {
  return { ids: parts.flatMap(({ ids }) => ids), dropped: parts.flatMap(({ dropped }) => dropped) };
}
