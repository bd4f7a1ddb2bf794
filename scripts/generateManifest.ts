/** `npm run manifest`: writes the generated parts of package.json from the manifest table. */
import { readFile, writeFile } from 'node:fs/promises';
import { generatePackageJson } from '../src/manifest/packageJson.ts';

const path = new URL('../package.json', import.meta.url);
const current = await readFile(path, 'utf8');
const next = generatePackageJson(current);
if (next !== current) await writeFile(path, next);
console.log(next === current ? 'package.json is up to date.' : 'package.json was written from the manifest table.');
