/**
 * Runs a redraw. When the focused element is gone after it (a call that dropped off the list), the focus goes to the row now in
 * its place, else to the heading of its section, instead of to the top of the page.
 */
export function keepFocus(root: HTMLElement, redraw: () => void): void {
  const active = document.activeElement;
  if (active === null || active === root || !root.contains(active)) {
    redraw();
    return;
  }
  const section = active.closest('section');
  const list = active.closest('ul.rows');
  const place = list === null ? -1 : [...list.children].indexOf(active.closest('li.row') ?? active);
  redraw();
  if (active.isConnected) return;
  const heir =
    list?.isConnected === true
      ? (list.children[Math.min(place, list.children.length - 1)]?.querySelector<HTMLElement>('.row-head') ?? null)
      : null;
  (heir ?? section?.querySelector<HTMLElement>('h2') ?? null)?.focus();
}
