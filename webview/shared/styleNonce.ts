/**
 * The toolkit asks the browser once, while it loads, whether it knows `:focus-visible`, with a style element that carries the
 * nonce of `meta[property="csp-nonce"]`. Without that the policy blocks the element and the toolkit shows focus rings on clicks
 * too. This module must be evaluated before the toolkit: import it first.
 */
const nonce = document.currentScript?.nonce ?? '';
if (nonce !== '' && document.querySelector('meta[property="csp-nonce"]') === null) {
  const meta = document.createElement('meta');
  meta.setAttribute('property', 'csp-nonce');
  meta.setAttribute('content', nonce);
  document.head.append(meta);
}

export {};
