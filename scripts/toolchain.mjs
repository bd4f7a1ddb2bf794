// What `npm start` and `npm test` need beside the project's own packages, and where it is kept.
//
// Everything is pinned in versions.json and fetched once, from the npm registry or Debian's packages, into the cache:
// `.cache/` of the project, or the folder named by OUTLAY_CACHE. A folder of the cache is complete when it is there: it is
// filled under a temporary name and renamed at the end. A version is part of its folder's name, so that a new pin fetches
// anew and an old checkout keeps what it had. With a warm cache nothing here touches the network.
//
//   node-<version>/bin/node                     Node, with its headers
//   vscode-server-<version>/out/server-main.js  the VS Code server of code-server, ready to run with that Node
//   agents/<name>-<version>/bin/<name>          a real agent of versions.json, ready to run with that Node on PATH
//   nginx/usr/sbin/nginx                        the yardstick of `npm run bench`, where the machine has none
//   clients-<versions>/node_modules/<name>      an HTTP client of versions.json, with which the tests call as other extensions do
//   peers/<name>-<version>/                     another gateway of versions.json, which `npm run bench` measures beside ours
//   locks/, tmp-*                               fetches in progress
//
// Chromium is not in the cache: it is the machine's own, or Debian's package where we may install it.

export { ensureAgents } from './toolchain/agents.mjs';
export { cacheDir } from './toolchain/cache.mjs';
export { ensureCcusage } from './toolchain/ccusage.mjs';
export { ensureChromium } from './toolchain/chromium.mjs';
export { ensureClients } from './toolchain/clients.mjs';
export { ensureNginx } from './toolchain/nginx.mjs';
export { ensureNode } from './toolchain/node.mjs';
export { ensurePackages } from './toolchain/packages.mjs';
export { ensurePortkey } from './toolchain/portkey.mjs';
export { ensureVsCodeServer } from './toolchain/vsCodeServer.mjs';
