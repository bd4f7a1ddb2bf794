import './styleNonce.ts';
import { provideVSCodeDesignSystem, vsCodeButton, vsCodeDivider, vsCodeProgressRing } from '@vscode/webview-ui-toolkit';
import { h, type VNode } from './vnode.ts';

/**
 * The only place that knows `@vscode/webview-ui-toolkit`, which is at its end of life: to replace it, write these few functions
 * anew. No layout and no table is built on it, and only the elements used here are registered. Its badge is not among them: it
 * writes inline styles, which the content security policy forbids.
 */
export function registerControls(): void {
  provideVSCodeDesignSystem().register(vsCodeButton(), vsCodeDivider(), vsCodeProgressRing());
}

export interface ButtonProperties {
  readonly key: string;
  readonly text: string;
  readonly primary?: boolean;
  /** Spoken name where the text alone says too little; begins with the text. */
  readonly label?: string;
  readonly onPress: () => void;
}

export function button(properties: ButtonProperties): VNode {
  return h('vscode-button', {
    key: properties.key,
    text: properties.text,
    attributes: {
      appearance: properties.primary === true ? 'primary' : 'secondary',
      'aria-label': properties.label ?? null,
      'data-action': properties.key,
    },
    on: { click: properties.onPress },
  });
}

export function divider(): VNode {
  return h('vscode-divider');
}

/** Decoration beside a text that says what is going on; the toolkit would have it speak up by itself. */
export function progressRing(): VNode {
  return h('span.ring', { attributes: { 'aria-hidden': 'true' } }, [h('vscode-progress-ring')]);
}
