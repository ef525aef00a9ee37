// `npm start`: installs and builds what is missing, then starts the launcher with the example
// modules. Plain JavaScript that loads no compiler, so that a second start is quick.

import { preparePackages, projectRoot } from './packages.mjs';
import { guests, host, make } from './products.mjs';
import { serverArguments, startOptions } from './start-options.mjs';

const options = startOptions(process.argv.slice(2));
if (options.error !== null) {
  console.error(options.error);
  process.exit(1);
}
preparePackages();
const products = options.hasExamples ? [host, guests(options.lang)] : [host];
if (!products.every((product) => make(product))) process.exit(1);
const { launch } = await import(new URL('../dist/host/launcher.js', import.meta.url).href);
await launch(serverArguments(options, projectRoot));
