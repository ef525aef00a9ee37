// What happened when guests trapped: the last incidents with the places in their sources, for the
// log, MODULE INCIDENTS and MODULE LASTERROR.

import type { Argv } from '../lib/argv.ts';
import { randomHex } from '../lib/random.ts';
import type { ModuleInstance } from './instance.ts';
import { escapeControls } from './printable.ts';
import type { Place } from './source/locator.ts';
import { wasmFrames } from './source/stack.ts';
import type { ModuleTrap } from './trap.ts';

export interface Incident {
  /** Six hexadecimal digits: what the client's error and the log have in common. */
  readonly id: string;
  /** Unix milliseconds. */
  readonly timeMs: number;
  readonly module: string;
  /** The command, or what called the guest. */
  readonly where: string;
  readonly reason: string;
  /** Innermost first, such as `counter_incr at counter.c:42`. */
  readonly frames: readonly string[];
  /** The words of the command; empty where there was none, or when they are not to be kept. */
  readonly args: readonly string[];
  /** Linear memory, and what of its heap was in use. */
  readonly memoryBytes: number;
  readonly liveBytes: number;
  readonly handles: number;
}

/** The directives on what an incident tells. */
export interface IncidentOptions {
  /** module-trap-source: the client's error names file and line. */
  readonly tellsSource: boolean;
  /** module-trap-arguments: the words of the command are kept and logged. */
  readonly keepsArguments: boolean;
}

const KEPT = 128;
const ARGS_MAX = 16;
const ARG_MAX_CHARACTERS = 64;

export class Incidents {
  readonly #options: () => IncidentOptions;
  /** Oldest first. */
  readonly #kept: Incident[] = [];

  constructor(options: () => IncidentOptions) {
    this.#options = options;
  }

  /** Keeps what a trap tells. `command`: the words of the command that trapped, if it was one. */
  note(
    module: ModuleInstance,
    where: string,
    trap: ModuleTrap,
    timeMs: number,
    command: Argv | null,
  ): Incident {
    const places = placesOf(module, trap);
    const incident: Incident = {
      id: randomHex(6),
      timeMs,
      module: module.name || 'module',
      where,
      reason: trap.message,
      frames: places.map(describePlace),
      args: command !== null && this.#options().keepsArguments ? wordsOf(command) : [],
      memoryBytes: module.memoryBytes,
      liveBytes: module.allocator.liveBytes,
      handles: module.handles.liveCount,
    };
    this.#kept.push(incident);
    if (this.#kept.length > KEPT) this.#kept.shift();
    return incident;
  }

  /** The error for a client, with its code. */
  errorOf({ module, where, reason, frames, id }: Incident): string {
    const place = this.#options().tellsSource ? shortPlace(frames) : '';
    return `ERR module '${module}' trapped in ${where}: ${reason}${place} [incident ${id}]`;
  }

  /** Newest first; of one module or of all. */
  list(module: string | null = null): Incident[] {
    const wanted = this.#kept.filter((incident) => module === null || incident.module === module);
    return wanted.reverse();
  }
}

/** The lines of the log about an incident. */
export function logLines(incident: Incident): string[] {
  const { module, where, reason, frames, id, args } = incident;
  const lines = [`<${module}> trapped in ${where}: ${reason} [incident ${id}]`];
  for (const frame of frames) lines.push(`<${module}>   at ${frame}`);
  if (args.length > 0) lines.push(`<${module}>   command: ${args.join(' ')}`);
  const { memoryBytes, liveBytes, handles } = incident;
  lines.push(`<${module}>   memory: ${memoryBytes} bytes, ${liveBytes} in use; ${handles} handles`);
  return lines;
}

/** Where a trap happened, as an addition to a message: ` at counter.c:42`, or nothing. */
export function placeText(module: ModuleInstance, trap: ModuleTrap): string {
  return shortPlace(placesOf(module, trap).map(describePlace));
}

function placesOf(module: ModuleInstance, trap: ModuleTrap): Place[] {
  return wasmFrames(trap.stack ?? '').map((frame) => module.locator.locate(frame));
}

function describePlace({ functionName, source }: Place): string {
  const name = escapeControls(functionName) || 'a function without name';
  return source === null ? name : `${name} at ${escapeControls(source.file)}:${source.line}`;
}

/** The innermost place that has a line. */
function shortPlace(frames: readonly string[]): string {
  for (const frame of frames) {
    const match = / at ([^ ]+:\d+)$/.exec(frame);
    if (match !== null) return ` at ${match[1]}`;
  }
  return '';
}

function wordsOf(command: Argv): string[] {
  const words = command.toByteStrings().slice(0, ARGS_MAX);
  const shown = words.map((word) => {
    const text = escapeControls(word.slice(0, ARG_MAX_CHARACTERS));
    const more = word.length - ARG_MAX_CHARACTERS;
    return more > 0 ? `"${text}"... (${more} more bytes)` : `"${text}"`;
  });
  const more = command.length - ARGS_MAX;
  return more > 0 ? [...shown, `... (${more} more arguments)`] : shown;
}
