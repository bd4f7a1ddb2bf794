import { h, type VNode } from './vnode.ts';

/** Outlines on a 16 x 16 grid in the manner of VS Code's own icons. Always decoration: the words stand beside them. */
const paths = {
  chevron: 'M6 3.5 10.5 8 6 12.5',
  info: 'M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13M8 7.2v4M8 4.6v1.2',
  warning: 'M8 2 14.6 13.8H1.4ZM8 6.3v3.6M8 11.2v1.1',
  error: 'M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13M5.6 5.6l4.8 4.8M10.4 5.6l-4.8 4.8',
  terminal: 'M1.5 2.5h13v11h-13ZM4 6l2.2 2L4 10M8 10.5h4',
  check: 'M2.5 8.5 6.2 12.2 13.5 4.5',
  dash: 'M3.5 8h9',
  off: 'M8 1.8v5.4M4.4 4a5.6 5.6 0 1 0 7.2 0',
} as const;

export type IconName = keyof typeof paths;

export function icon(name: IconName): VNode {
  return h(
    `svg.icon.icon-${name}`,
    { attributes: { viewBox: '0 0 16 16', 'aria-hidden': 'true', focusable: 'false' } },
    [h('path', { attributes: { d: paths[name] } })],
  );
}
