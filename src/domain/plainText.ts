/**
 * A text of somebody else's for surfaces of the editor that make links of `[text](command:...)` and pictures of `$(name)`: notifications,
 * pick lists, the status bar. The marks stay, with a gap that takes their meaning.
 */
export function plainText(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replaceAll('](', '] (')
    .replaceAll('$(', '$ (');
}
