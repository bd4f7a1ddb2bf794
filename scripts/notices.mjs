// The licences of what the bundles contain, as their terms ask for. Found from what esbuild really bundled, so that none is forgotten.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Data in the price book, which no bundle names as an input. */
const data = ['@pydantic/genai-prices'];

/** Prices that the first source lacks; fetched at development time only, so that its licence is not at hand. */
const otherData = `@earendil-works/pi-ai (prices in the price book that name it as their source), MIT License`;

const mitTerms = `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the
"Software"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish,
distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to
the following conditions: The above copyright notice and this permission notice shall be included in all copies or substantial portions of
the Software. THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE
LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN
CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`;

/** The text of the notices for the inputs of all bundles. Throws for a package that names no licence. */
export function noticesOf(projectDir, inputs) {
  const packages = [...new Set([...inputs.flatMap(packageOf), ...data])].sort();
  /** Names under each text: two hundred small packages of one house come with the same one. */
  const namesOf = new Map();
  for (const name of packages) {
    const { title, text } = noticeOf(join(projectDir, 'node_modules', name), name);
    namesOf.set(text, [...(namesOf.get(text) ?? []), title]);
  }
  const parts = [...namesOf].map(([text, titles]) => `${titles.join('\n')}\n\n${text}`);
  return `${['Outlay contains the work of others, under these licences.', ...parts, `${otherData}\n\n${mitTerms}`].join('\n\n----\n\n')}\n`;
}

function packageOf(input) {
  const [, name] = /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules\/)/.exec(input) ?? [];
  return name === undefined ? [] : [name];
}

function noticeOf(folder, name) {
  const { version, license, author } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  if (typeof license !== 'string') throw new Error(`${name} names no licence.`);
  const file = existsSync(folder)
    ? readdirSync(folder).find((entry) => /^licen[cs]e(?:\.(?:txt|md))?$/i.test(entry))
    : undefined;
  const by = typeof author === 'string' ? author : (author?.name ?? 'its authors');
  const text =
    file === undefined ? `Copyright (c) ${by}\n\n${mitTerms}` : readFileSync(join(folder, file), 'utf8').trim();
  if (file === undefined && license !== 'MIT') throw new Error(`${name} is under ${license} and brings no text of it.`);
  return { title: `${name} ${version}, ${license}`, text };
}
