// Keyspace events to whoever listens: modules, and the channels __keyspace@db__:key and
// __keyevent@db__:event as far as notify-keyspace-events asks for them.

import type { Database } from '../keyspace/database.ts';
import { EVENT_KEYEVENT, EVENT_KEYSPACE } from '../keyspace/events.ts';
import type { Keyspace } from '../keyspace/keyspace.ts';
import type { ByteString } from '../lib/bytes.ts';
import { ServiceKey } from '../lib/services.ts';
import type { Slice } from '../lib/slice.ts';
import type { PubSub } from './pubsub.ts';

export const KEYSPACE_EVENTS = new ServiceKey<KeyspaceEvents>('keyspace-events');

/** Told of events whose class is in its mask, while the command that caused them still runs. */
export interface EventListener {
  /** EVENT_… bits. */
  readonly mask: number;
  /** `key` is valid during the call only. */
  notify(eventClass: number, event: string, key: Slice, db: Database): void;
}

const WAYS = EVENT_KEYSPACE | EVENT_KEYEVENT;

export class KeyspaceEvents {
  readonly #keyspace: Keyspace;
  readonly #pubsub: PubSub;
  readonly #listeners: EventListener[] = [];
  #flags = 0;

  constructor(keyspace: Keyspace, pubsub: PubSub) {
    this.#keyspace = keyspace;
    this.#pubsub = pubsub;
  }

  /** notify-keyspace-events as EVENT_… bits: see parseEventFlags. */
  get flags(): number {
    return this.#flags;
  }

  set flags(flags: number) {
    this.#flags = flags;
    this.#updateMask();
  }

  addListener(listener: EventListener): void {
    this.#listeners.push(listener);
    this.#updateMask();
  }

  removeListener(listener: EventListener): void {
    const index = this.#listeners.indexOf(listener);
    if (index >= 0) this.#listeners.splice(index, 1);
    this.#updateMask();
  }

  /** The keyspace's observer ends here. Listeners first, in the order they came; then channels. */
  emit(eventClass: number, event: string, key: Slice, db: Database): void {
    for (const listener of [...this.#listeners]) {
      if (listener.mask & eventClass) listener.notify(eventClass, event, key, db);
    }
    if ((this.#flags & eventClass) === 0 || this.#pubsub.isIdle) return;
    const name = key.toByteString();
    if (this.#flags & EVENT_KEYSPACE) {
      const channel = `__keyspace@${db.index}__:${name}` as ByteString; // ASCII and bytes
      this.#pubsub.publish(channel, event as ByteString); // event names are ASCII
    }
    if (this.#flags & EVENT_KEYEVENT) {
      this.#pubsub.publish(`__keyevent@${db.index}__:${event}` as ByteString, name); // ASCII
    }
  }

  /** Without a way to publish, classes in the configuration are idle. */
  #updateMask(): void {
    let mask = this.#flags & WAYS ? this.#flags & ~WAYS : 0;
    for (const listener of this.#listeners) mask |= listener.mask;
    this.#keyspace.eventMask = mask;
  }
}
