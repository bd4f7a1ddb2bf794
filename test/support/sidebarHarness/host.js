// Stands in for VS Code: the webview's own API, and `harness` for tests. Runs before the bundle, under the same policy.
const harness = { sent: [], violations: [], firstSentAtMs: null };
globalThis.harness = harness;
globalThis.acquireVsCodeApi = () => ({
  postMessage: (message) => {
    harness.firstSentAtMs ??= performance.now();
    harness.sent.push(message);
  },
  getState: () => JSON.parse(sessionStorage.getItem('state') ?? 'null') ?? undefined,
  setState: (state) => sessionStorage.setItem('state', JSON.stringify(state)),
});
document.addEventListener('securitypolicyviolation', (event) =>
  harness.violations.push(
    `${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}:${event.columnNumber}`,
  ),
);
