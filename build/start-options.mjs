// What `npm start -- …` takes for itself, and the redis-server arguments that come of it.

import { join } from 'node:path';

/**
 * The examples that are loaded, and their arguments. Not `counter`: its commands are part of
 * `mymodule`, and no command can be registered twice.
 */
const LOADED = [['mymodule'], ['ratelimit'], ['config', 'max_connections=500']];

/**
 * @typedef {object} StartOptions
 * @property {'c' | 'as'} lang of the examples
 * @property {boolean} hasExamples
 * @property {string[]} rest redis-server style
 * @property {string | null} error
 */

/**
 * @param {readonly string[]} args
 * @returns {StartOptions}
 */
export function startOptions(args) {
  /** @type {StartOptions} */
  const options = { lang: 'c', hasExamples: true, rest: [], error: null };
  for (let i = 0; i < args.length; i++) {
    const arg = /** @type {string} */ (args[i]);
    if (arg === '--no-examples') options.hasExamples = false;
    else if (arg === '--lang' || arg.startsWith('--lang=')) {
      const lang = arg === '--lang' ? args[++i] : arg.slice('--lang='.length);
      if (lang === 'c' || lang === 'as') options.lang = lang;
      else options.error = `--lang is c or as, not '${lang ?? ''}'`;
    } else options.rest.push(arg);
  }
  return options;
}

/**
 * A configuration file has to come first, before any directive.
 * @param {StartOptions} options
 * @param {string} root the project's folder
 * @returns {string[]}
 */
export function serverArguments({ lang, hasExamples, rest }, root) {
  const examples = hasExamples ? LOADED : [];
  const modules = examples.flatMap(([name, ...args]) => [
    '--loadmodule',
    join(root, 'build/out', lang, `${name}.wasm`),
    ...args,
  ]);
  // A lone word such as --version asks for something else than a server.
  if (rest.some((word) => ['-v', '--version', '-h', '--help'].includes(word))) return rest;
  const [first, ...others] = rest;
  if (first === undefined || first.startsWith('-')) return [...modules, ...rest];
  return [first, ...modules, ...others];
}
