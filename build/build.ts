// `npm run build`: dist/ and the example modules of both languages, as they are published.

import { guests, host, make } from './products.mjs';

const isBuilt = [host, guests('c'), guests('as')].every((product) => make(product));
process.exitCode = isBuilt ? 0 : 1;
