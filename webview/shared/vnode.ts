/**
 * A small keyed reconciler. It exists so that whole snapshots can be drawn four times a second without losing focus, selection
 * or scroll, and so that nothing in the webviews ever parses markup: text goes in as text, styles through the CSSOM, which the
 * content security policy allows. It knows no components, no state and no inline markup.
 */
export interface VNode {
  readonly tag: string;
  readonly key: string | null;
  readonly text: string | null;
  readonly attributes: Readonly<Record<string, string>>;
  readonly style: Readonly<Record<string, string>>;
  readonly on: Readonly<Record<string, (event: Event) => void>>;
  readonly children: readonly VNode[];
}

export interface Properties {
  /** Unique among siblings; a child without one is matched by its tag and place. */
  readonly key?: string;
  /** Sets the whole text content; such a node has no children. */
  readonly text?: string;
  /** `false` and `null` leave an attribute out, `true` sets it empty. */
  readonly attributes?: Readonly<Record<string, string | boolean | null>>;
  readonly style?: Readonly<Record<string, string>>;
  readonly on?: Readonly<Record<string, (event: Event) => void>>;
}

/** `null` and `false` leave a child out. */
export type Child = VNode | null | false;

/** Makes a node. `selector` is a tag with classes: `div.row.open`. */
export function h(selector: string, properties: Properties = {}, children: readonly Child[] = []): VNode {
  const [tag = 'div', ...classes] = selector.split('.');
  const attributes: Record<string, string> = {};
  if (classes.length > 0) attributes['class'] = classes.join(' ');
  for (const [name, value] of Object.entries(properties.attributes ?? {})) {
    if (value !== null && value !== false) attributes[name] = value === true ? '' : value;
  }
  return {
    tag,
    key: properties.key ?? null,
    text: properties.text ?? null,
    attributes,
    style: properties.style ?? {},
    on: properties.on ?? {},
    children: children.filter((child) => child !== null && child !== false),
  };
}

type Rendered = HTMLElement | SVGElement;

const drawn = new WeakMap<Element, VNode>();
const svgTags = new Set(['svg', 'path', 'circle']);

/** Makes the children of `parent` equal to `nodes`, keeping every element that is still wanted. */
export function renderInto(parent: Element, nodes: readonly VNode[]): void {
  const old = new Map<string, Rendered>();
  const places = new Map<string, number>();
  for (const child of parent.children) {
    const node = drawn.get(child);
    if (node !== undefined) old.set(identityOf(node, places), child as Rendered);
  }
  places.clear();
  const wanted = nodes.map((node) => {
    const identity = identityOf(node, places);
    const kept = old.get(identity);
    old.delete(identity);
    const element = kept ?? create(node);
    update(element, node);
    return element;
  });
  for (const gone of old.values()) gone.remove();
  place(parent, wanted);
}

function identityOf(node: VNode, places: Map<string, number>): string {
  if (node.key !== null) return `${node.tag}=${node.key}`;
  const place = (places.get(node.tag) ?? 0) + 1;
  places.set(node.tag, place);
  return `${node.tag}#${place}`;
}

function create(node: VNode): Rendered {
  return svgTags.has(node.tag)
    ? document.createElementNS('http://www.w3.org/2000/svg', node.tag as 'svg')
    : document.createElement(node.tag);
}

function update(element: Rendered, node: VNode): void {
  const before = drawn.get(element);
  drawn.set(element, node);
  updateAttributes(element, before, node);
  for (const name of Object.keys(before?.style ?? {})) {
    if (!(name in node.style)) element.style.removeProperty(name);
  }
  for (const [name, value] of Object.entries(node.style)) {
    if (before?.style[name] !== value) element.style.setProperty(name, value);
  }
  for (const name of Object.keys(node.on)) {
    if (before === undefined || !(name in before.on)) listen(element, name);
  }
  if (node.text !== null) {
    if (before?.text !== node.text) element.textContent = node.text;
  } else {
    if (before !== undefined && before.text !== null) element.textContent = '';
    renderInto(element, node.children);
  }
}

function updateAttributes(element: Rendered, before: VNode | undefined, node: VNode): void {
  for (const name of Object.keys(before?.attributes ?? {})) {
    if (!(name in node.attributes)) element.removeAttribute(name);
  }
  for (const [name, value] of Object.entries(node.attributes)) {
    if (before?.attributes[name] !== value) element.setAttribute(name, value);
  }
}

// One listener an element and event for good; it asks for the handler of the moment.
function listen(element: Rendered, name: string): void {
  element.addEventListener(name, (event) => drawn.get(element)?.on[name]?.(event));
}

/** Orders children. The one that holds the focus stays where it is and the others move around it: a moved element loses focus. */
function place(parent: Element, wanted: readonly Rendered[]): void {
  const active = document.activeElement;
  const pinned = wanted.find((element) => element.contains(active)) ?? null;
  let cursor = parent.firstElementChild;
  for (const element of wanted) {
    if (element === pinned && element.parentElement === parent) {
      while (cursor !== null && cursor !== element) {
        const next: Element | null = cursor.nextElementSibling;
        parent.append(cursor);
        cursor = next;
      }
    }
    if (element === cursor) cursor = cursor.nextElementSibling;
    else parent.insertBefore(element, cursor);
  }
}
