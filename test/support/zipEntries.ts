/** Names and sizes of a zip archive's files, read from its central directory, in the archive's order. */
export function zipEntries(archive: Buffer): readonly { readonly name: string; readonly size: number }[] {
  const end = archive.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  if (end < 0) throw new Error('This is no zip archive.');
  const entries: { name: string; size: number }[] = [];
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left -= 1) {
    const lengths = [28, 30, 32].map((offset) => archive.readUInt16LE(at + offset));
    const [nameLength = 0, extraLength = 0, commentLength = 0] = lengths;
    const name = archive.toString('utf8', at + 46, at + 46 + nameLength);
    entries.push({ name, size: archive.readUInt32LE(at + 24) });
    at += 46 + nameLength + extraLength + commentLength;
  }
  return entries;
}
