/** The sentence for a Node without a usable node:sqlite (before 22.13 and 23.4), or null for one that has it. */
export function oldNodeSentence(version: string): string | null {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const enough = major >= 24 || (major === 23 && minor >= 4) || (major === 22 && minor >= 13);
  return enough ? null : `Outlay needs Node 24 (or 22.13 and newer); this is Node ${version}.`;
}
