/** Twice what is kept at least, so that a search is short; a power of two. */
const firstSlots = 1024;
const keyDigits = 13;

/**
 * A set of identities (see `identityOf`) at eight to sixteen bytes each, for imports that meet hundreds of thousands. Only their first 52
 * bits are kept: of a million identities, one in ten thousand sets takes one of them for another.
 */
export class IdentitySet {
  /** 0 is an empty slot. */
  #slots = new Float64Array(firstSlots);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has(id: string): boolean {
    return this.#slots[slotOf(this.#slots, keyOf(id))] !== 0;
  }

  add(id: string): void {
    const key = keyOf(id);
    const slot = slotOf(this.#slots, key);
    if (this.#slots[slot] !== 0) return;
    this.#slots[slot] = key;
    if (++this.#size * 2 > this.#slots.length) this.#grow();
  }

  #grow(): void {
    const larger = new Float64Array(this.#slots.length * 2);
    for (const key of this.#slots) if (key !== 0) larger[slotOf(larger, key)] = key;
    this.#slots = larger;
  }
}

function keyOf(id: string): number {
  return Number.parseInt(id.slice(0, keyDigits), 16) + 1;
}

/** Where a key stands, or the empty slot where it would. */
function slotOf(slots: Float64Array, key: number): number {
  const mask = slots.length - 1;
  let slot = key & mask;
  while (slots[slot] !== 0 && slots[slot] !== key) slot = (slot + 1) & mask;
  return slot;
}
