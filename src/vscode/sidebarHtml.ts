export interface SidebarHtmlParts {
  /** The webview's own source, from the editor. */
  readonly cspSource: string;
  readonly nonce: string;
  readonly scriptUri: string;
  readonly styleUri: string;
  /** Of the document; read out when it gets the focus. */
  readonly title?: string;
}

/** The page of a webview of ours: nothing may load but our own bundle, and nothing may be sent anywhere. */
export function sidebarHtml({ cspSource, nonce, scriptUri, styleUri, title = 'Outlay' }: SidebarHtmlParts): string {
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    // The toolkit probes `:focus-visible` with a style element of its own, which carries the script's nonce.
    `style-src ${cspSource} 'nonce-${nonce}'`,
    `img-src ${cspSource}`,
    `font-src ${cspSource}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="UTF-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${styleUri}">
<title>${title}</title>
</head>
<body>
<div id="app"></div>
<script nonce="${nonce}" src="${scriptUri}"></script>
</body>
</html>
`;
}
