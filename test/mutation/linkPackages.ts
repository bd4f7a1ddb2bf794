import { symlinkSync } from 'node:fs';
import { resolve } from 'node:path';

// Run by Stryker in the copy of the project that it mutates, `.stryker-tmp/<area>/<copy>`: tests open files of packages by path.
// Stryker's own way does not find the packages of a checkout whose node_modules is itself a link.
symlinkSync(resolve('../../../node_modules'), 'node_modules', 'junction');
