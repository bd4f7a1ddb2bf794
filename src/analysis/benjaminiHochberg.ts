/**
 * Which of many tests are established with the false discovery rate held at `rate`: with the p-values in ascending order, all up to the
 * last one with p(k) <= k * rate / m. Holds under independence and positive dependence.
 *
 * A null p is no test and does not count in m. Ties are decided together, since a later equal p passes for the earlier one. Empty input: empty.
 * No unit. O(m log m). Source: Benjamini and Hochberg, J. R. Stat. Soc. B 57 (1995).
 */
export function benjaminiHochberg(pValues: readonly (number | null)[], rate = 0.05): readonly boolean[] {
  const tested = pValues.filter((p) => p !== null).toSorted((a, b) => a - b);
  let threshold = -1;
  tested.forEach((p, index) => {
    if (p <= ((index + 1) * rate) / tested.length) threshold = p;
  });
  return pValues.map((p) => p !== null && p <= threshold);
}
