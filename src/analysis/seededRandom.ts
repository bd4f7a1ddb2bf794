/**
 * A small generator of 32-bit numbers that gives the same ones for the same seed on every machine (sfc32 of PractRand, seeded by
 * splitmix32). For resampling only; nothing secret may depend on it.
 */
export function seededRandom(seed: number): () => number {
  let state = Math.trunc(seed) ^ Math.trunc(seed / 2 ** 32);
  const split = (): number => {
    state = (state + 0x9e3779b9) | 0;
    let z = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return z ^ (z >>> 15);
  };
  let [a, b, c, counter] = [split(), split(), split(), 1];
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  for (let warmUp = 0; warmUp < 12; warmUp++) next();
  return next;
}
