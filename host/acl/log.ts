// ACL LOG: what users were refused, newest first; the same refusal again within a minute only
// counts.

import type { ByteString } from '../lib/bytes.ts';

export type DenialReason = 'command' | 'key' | 'channel' | 'auth';
/** Where the refused command came from. */
export type DenialOrigin = 'toplevel' | 'multi' | 'lua' | 'module';

/** A refusal as it is reported. */
export interface Refusal {
  readonly reason: DenialReason;
  readonly origin: DenialOrigin;
  /** Name of the command, key or channel; of a failed login the command. */
  readonly object: ByteString;
  readonly userName: ByteString;
  /** A line of CLIENT LIST. */
  readonly clientInfo: ByteString;
}

export interface LogEntry extends Refusal {
  readonly id: number;
  count: number;
  clientInfo: ByteString;
  readonly createdMs: number;
  updatedMs: number;
}

const GROUPING_MS = 60_000;
/** How many entries are looked at for the same refusal. */
const GROUPING_DEPTH = 10;

export class AclLog {
  /** Newest first. */
  readonly #entries: LogEntry[] = [];
  #nextId = 0;
  /** Refusals since the start or CONFIG RESETSTAT, by reason: INFO shows them. */
  readonly counts: Record<DenialReason, number> = { command: 0, key: 0, channel: 0, auth: 0 };
  /** `acllog-max-len`. */
  maxLength = 128;

  get entries(): readonly LogEntry[] {
    return this.#entries;
  }

  add(refusal: Refusal, nowMs: number): void {
    this.counts[refusal.reason]++;
    const index = this.#entries
      .slice(0, GROUPING_DEPTH)
      .findIndex((entry) => isSame(entry, refusal, nowMs));
    const [known] = index < 0 ? [] : this.#entries.splice(index, 1);
    if (known !== undefined) {
      known.count++;
      known.clientInfo = refusal.clientInfo;
      known.updatedMs = nowMs;
      this.#entries.unshift(known);
      return;
    }
    this.#entries.unshift({
      ...refusal,
      id: this.#nextId++,
      count: 1,
      createdMs: nowMs,
      updatedMs: nowMs,
    });
    if (this.#entries.length > this.maxLength) this.#entries.length = this.maxLength;
  }

  clear(): void {
    this.#entries.length = 0;
  }

  resetCounts(): void {
    for (const reason of Object.keys(this.counts) as DenialReason[]) this.counts[reason] = 0; // its keys
  }
}

function isSame(entry: LogEntry, refusal: Refusal, nowMs: number): boolean {
  return (
    entry.reason === refusal.reason &&
    entry.origin === refusal.origin &&
    Math.abs(entry.updatedMs - nowMs) <= GROUPING_MS &&
    entry.object === refusal.object &&
    entry.userName === refusal.userName
  );
}
