// The command line and the environment: what the server is started with. Later wins:
// environment, file, standard input, arguments.

import { resolve } from 'node:path';
import { type ByteString, bytesOf } from '../lib/bytes.ts';
import { quote, splitQuoted } from '../lib/quoted-words.ts';
import { Config } from './config.ts';
import {
  ConfigReader,
  configError,
  type DirectiveChecks,
  type Directives,
  readConfig,
} from './file.ts';

/** What a command line asks for. */
export interface CommandLine {
  readonly file: string | null;
  readonly readsStdin: boolean;
  /** The `--directive value` arguments as lines of redis.conf, one byte a char. */
  readonly options: string;
}

/** @param args the arguments behind the program's name */
export function parseCommandLine(args: readonly string[]): CommandLine {
  let file: string | null = null;
  let readsStdin = false;
  const options = new OptionLines();
  for (const [i, arg] of args.entries()) {
    const isEdge = i === 0 || i === args.length - 1;
    if (arg === '-' && isEdge) readsStdin = true;
    else if (i === 0 && !arg.startsWith('-')) file = arg;
    else options.add(arg, args[i + 1]);
  }
  return { file, readsStdin, options: options.text };
}

/** Turns arguments into lines. A name takes the next argument even if that begins with dashes. */
class OptionLines {
  text = '';
  #mayBeName = true;

  add(arg: string, next: string | undefined): void {
    if (!this.#mayBeName || !arg.startsWith('--')) {
      this.text += `${quote(bytesOf(arg))} `;
      this.#mayBeName = true;
      return;
    }
    this.text += `${this.text === '' ? '' : '\n'}${bytesOf(arg.slice(2))} `;
    const isOnlyName = splitQuoted(bytesOf(arg))?.length === 1;
    const lacksValue = next === undefined || next.startsWith('--');
    const isSave = arg.toLowerCase() === '--save';
    if (isOnlyName && lacksValue && isSave) this.text += '""';
    this.#mayBeName = !isOnlyName || (isSave && lacksValue);
  }
}

export interface ConfigSources {
  /** The arguments behind the program's name. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute: what `dir` is until it is set. */
  readonly directory: string;
  /** All of the standard input; called only for `-`. */
  readonly readStdin: () => Buffer;
  readonly checks?: DirectiveChecks;
}

export interface LoadedConfig extends Directives {
  readonly config: Config;
  /** Absolute path of the configuration file. */
  readonly file: string | null;
  /** REDCELL_ variables that name no directive: worth a line in the log. */
  readonly unknownVariables: readonly string[];
}

/** Reads all sources. Throws ConfigFileError. */
export function loadConfig(sources: ConfigSources): LoadedConfig {
  const config = new Config(sources.directory);
  const unknownVariables = readEnvironment(config, sources.env);
  const line = parseCommandLine(sources.args);
  const file = line.file === null ? null : resolve(sources.directory, line.file);
  const reader = new ConfigReader(config, sources.checks);
  let text: string = file === null ? '' : readConfig(file);
  if (line.readsStdin) text += sources.readStdin().latin1Slice();
  // One text, because that is what Redis counts the lines of in its messages.
  if (line.options !== '') text += `\n${line.options}`;
  reader.read(text);
  return { ...reader.directives, config, file, unknownVariables };
}

const PREFIX = 'REDCELL_';
/** Kubernetes sets this for a service called redcell; it is not meant as a port. */
const SERVICE_LINK = /^(tcp|udp|sctp):\/\//;

/** `REDCELL_MAXMEMORY=1gb` sets maxmemory. Returns the variables that name no directive. */
function readEnvironment(config: Config, env: ConfigSources['env']): string[] {
  const reader = new ConfigReader(config);
  const unknown: string[] = [];
  for (const [variable, value] of Object.entries(env).sort(byName)) {
    if (!variable.startsWith(PREFIX) || value === undefined) continue;
    const words = variable.slice(PREFIX.length).toLowerCase();
    const entry = config.find(words.replaceAll('_', '-')) ?? config.find(words);
    if (entry === undefined || SERVICE_LINK.test(value)) {
      unknown.push(variable);
      continue;
    }
    const values = entry.option.takesMany ? splitQuoted(bytesOf(value)) : [bytesOf(value)];
    const name = bytesOf(entry.name);
    const reason = values === null ? 'Unbalanced quotes' : reader.set([name, ...orEmpty(values)]);
    if (reason !== null) {
      const place = `Reading the environment variable ${variable}`;
      throw configError(place, `${entry.name} ${bytesOf(value)}`, reason);
    }
  }
  return unknown;
}

function byName([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1;
}

/** An empty variable is the empty word: `REDCELL_SAVE=` turns snapshots off. */
function orEmpty(values: readonly ByteString[]): readonly ByteString[] {
  return values.length === 0 ? [bytesOf('')] : values;
}
