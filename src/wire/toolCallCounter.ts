/** Counts distinct tool calls in a stream of deltas, each naming its place and, mostly only at first, its id. */
export interface ToolCallCounter {
  /** A new place is a new call; so is a known place with another id, since some send every call at place 0. */
  see(place: string, id: string | null): void;
  count(): number;
}

/** More places than this are no longer told apart; the count then grows no further. */
const maxPlaces = 10_000;

export function createToolCallCounter(): ToolCallCounter {
  const ids = new Map<string, string | null>();
  let calls = 0;
  return {
    see(place, id) {
      const known = ids.get(place);
      if (known === undefined) {
        if (ids.size >= maxPlaces) return;
        ids.set(place, id);
        calls++;
        return;
      }
      if (id === null || id === known) return;
      if (known !== null) calls++;
      ids.set(place, id);
    },
    count: () => calls,
  };
}
