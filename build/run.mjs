// `node build/run.mjs script.ts args…` runs a TypeScript script of the project, on a fresh clone
// too: missing packages are installed first. The script finds itself in process.argv[1].

import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { preparePackages } from './packages.mjs';

const [node, , name, ...args] = process.argv;
if (node === undefined || name === undefined) {
  console.error('usage: node build/run.mjs script.ts [args…]');
  process.exit(2);
}
preparePackages();
const script = resolve(name);
process.argv = [node, script, ...args];
const { register } = await import('tsx/esm/api');
register();
await import(pathToFileURL(script).href);
