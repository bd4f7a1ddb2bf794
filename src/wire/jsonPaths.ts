/** A node of the tree of wanted member names; `path` where a wanted path ends. */
export interface PathNode {
  readonly children: Map<string, PathNode>;
  path: string | null;
}

/** Builds the tree of dotted paths. */
export function buildPaths(paths: readonly string[]): PathNode {
  const root: PathNode = { children: new Map(), path: null };
  for (const path of paths) {
    let node = root;
    for (const name of path.split('.')) {
      const child = node.children.get(name) ?? { children: new Map(), path: null };
      node.children.set(name, child);
      node = child;
    }
    node.path = path;
  }
  return root;
}

/** A value that begins replaces what an earlier duplicate had put at its path or below. */
export function forgetValues(node: PathNode, values: Map<string, unknown>): void {
  if (values.size === 0) return;
  if (node.path !== null) values.delete(node.path);
  for (const child of node.children.values()) forgetValues(child, values);
}
