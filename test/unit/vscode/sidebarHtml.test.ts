import { describe, expect, it } from 'vitest';
import { sidebarHtml } from '../../../src/vscode/sidebarHtml.ts';

const html = sidebarHtml({
  cspSource: 'https://self.example',
  nonce: 'N0nce',
  scriptUri: 'https://self.example/a.js',
  styleUri: 'https://self.example/a.css',
});

describe('the page of the sidebar', () => {
  it('lets nothing load but our own bundle', () => {
    expect(/Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1]?.split('; ')).toEqual([
      "default-src 'none'",
      "script-src 'nonce-N0nce'",
      "style-src https://self.example 'nonce-N0nce'",
      'img-src https://self.example',
      'font-src https://self.example',
      "base-uri 'none'",
      "form-action 'none'",
    ]);
  });

  it('has one script, which carries the nonce, and no inline code', () => {
    expect(html.match(/<script[^>]*>/g)).toEqual(['<script nonce="N0nce" src="https://self.example/a.js">']);
    expect(html).toContain('></script>');
    expect(html).not.toMatch(/ style=| on[a-z]+=|<style/);
  });
});
