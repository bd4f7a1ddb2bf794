import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const projectDir = resolve(import.meta.dirname, '../../..');

/** What each part may import beside itself. The first two segments of a path name a part. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  'src/domain': [],
};
