// RedisModuleServerInfoData: a snapshot of INFO that a guest reads fields of.

import { bytesOf } from '../lib/bytes.ts';
import type { ModuleInstance } from './instance.ts';
import { ModuleString } from './string.ts';

export class ServerInfo {
  /** Field values; a field that comes twice counts once. */
  readonly #fields = new Map<string, ModuleString>();

  /** What it takes of the module's quota. */
  readonly costBytes: number;

  /** @param text of INFO */
  constructor(text: string) {
    this.costBytes = 2 * text.length;
    for (const line of text.split('\r\n')) {
      const colon = line.indexOf(':');
      if (line.startsWith('#') || colon < 0) continue;
      const name = line.slice(0, colon);
      if (this.#fields.has(name)) continue;
      this.#fields.set(name, ModuleString.of(bytesOf(line.slice(colon + 1))));
    }
  }

  get(name: string): ModuleString | null {
    return this.#fields.get(name) ?? null;
  }

  /** Frees the copies of values in guest memory. */
  release(m: ModuleInstance): void {
    m.quota.release(this.costBytes);
    for (const value of this.#fields.values()) m.dropGuestCopy(value);
  }
}
