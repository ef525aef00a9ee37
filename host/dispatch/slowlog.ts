// The slow log: the last commands that took longer than a limit.

import type { Argv } from '../lib/argv.ts';
import type { ByteString } from '../lib/bytes.ts';
import type { Client } from './client.ts';
import { COMMAND_FLAG } from './command-flags.ts';
import type { CommandEntry } from './spec.ts';

const ARGS_SHOWN_MAX = 32;
const ARG_BYTES_MAX = 128;

export interface SlowlogEntry {
  readonly id: number;
  readonly timeSec: number;
  readonly durationUs: number;
  readonly args: readonly ByteString[];
  readonly address: string;
  readonly clientName: ByteString;
}

/** The part of a Context that is looked at. */
interface FinishedCommand {
  readonly entry: CommandEntry;
  readonly client: Client;
  readonly argv: Argv;
}

export class Slowlog {
  /** Log commands that take at least this long; negative: none. */
  thresholdUs = 10_000;
  maxLength = 128;
  #entries: SlowlogEntry[] = [];
  #nextId = 0;

  /** Newest first. */
  get entries(): readonly SlowlogEntry[] {
    return this.#entries;
  }

  note(command: FinishedCommand, durationMs: number, nowMs: number): void {
    if (durationMs * 1000 < this.thresholdUs || this.thresholdUs < 0) return;
    if (command.entry.has(COMMAND_FLAG.skip_slowlog)) return;
    this.#entries.unshift({
      id: this.#nextId++,
      timeSec: Math.floor(nowMs / 1000),
      durationUs: Math.round(durationMs * 1000),
      args: shownArgs(command.argv),
      address: command.client.transport?.remoteAddress ?? '?:0',
      clientName: command.client.name,
    });
    if (this.#entries.length > this.maxLength) this.#entries.length = this.maxLength;
  }

  reset(): void {
    this.#entries = [];
  }
}

function shownArgs(argv: Argv): ByteString[] {
  const shown: ByteString[] = [];
  const count = Math.min(argv.length, ARGS_SHOWN_MAX);
  for (let i = 0; i < count; i++) {
    if (i === ARGS_SHOWN_MAX - 1 && argv.length > ARGS_SHOWN_MAX) {
      const left = argv.length - ARGS_SHOWN_MAX + 1;
      shown.push(`... (${left} more arguments)` as ByteString);
      break;
    }
    const bytes = argv.at(i).toByteString();
    const left = bytes.length - ARG_BYTES_MAX;
    const text = left > 0 ? `${bytes.slice(0, ARG_BYTES_MAX)}... (${left} more bytes)` : bytes;
    shown.push(text as ByteString);
  }
  return shown;
}
