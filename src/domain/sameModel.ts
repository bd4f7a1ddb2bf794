/**
 * A model's name without what different programs add to it: the seller before a slash, the date or "latest" behind, and how its parts are
 * joined. For telling whether two programs mean one model; prices are looked up by the exact id.
 */
export function plainModelName(model: string): string {
  const joined = model
    .slice(model.lastIndexOf('/') + 1)
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '-');
  return joined.replace(/-(?:20\d{6}|20\d\d-\d\d-\d\d|latest)$/, '');
}
