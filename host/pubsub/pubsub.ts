// Channels, patterns and shard channels, and who is subscribed to them. A message is encoded once
// a protocol and put into each subscriber's output.

import type { Executor } from '../dispatch/call.ts';
import type { Client, Subscriptions } from '../dispatch/client.ts';
import type { ByteString } from '../lib/bytes.ts';
import { globMatch } from '../lib/glob.ts';
import { formatDouble } from '../lib/number.ts';
import { ServiceKey } from '../lib/services.ts';
import { RespWriter } from '../resp/writer.ts';

export const PUBSUB = new ServiceKey<PubSub>('pubsub');

/** The three name spaces that do not know of each other. */
export type SubscriptionKind = 'channels' | 'patterns' | 'shardChannels';

type Subscribers = Map<ByteString, Set<Client>>;

/** The sets of one client; the public view in `Client.subscriptions` cannot change them. */
class ClientSubscriptions implements Subscriptions {
  readonly channels = new Set<ByteString>();
  readonly patterns = new Set<ByteString>();
  readonly shardChannels = new Set<ByteString>();

  get count(): number {
    return this.channels.size + this.patterns.size + this.shardChannels.size;
  }
}

const ENCODER_BYTES = 1024;

export class PubSub {
  readonly #executor: Executor;
  readonly #subscribers: Record<SubscriptionKind, Subscribers> = {
    channels: new Map(),
    patterns: new Map(),
    shardChannels: new Map(),
  };
  readonly #ofClient = new Map<Client, ClientSubscriptions>();
  #encoder: RespWriter | null = null;

  constructor(executor: Executor) {
    this.#executor = executor;
  }

  /** Nobody is subscribed to anything. */
  get isIdle(): boolean {
    return this.#ofClient.size === 0;
  }

  /** Names with at least one subscriber. */
  names(kind: SubscriptionKind): IterableIterator<ByteString> {
    return this.#subscribers[kind].keys();
  }

  countNames(kind: SubscriptionKind): number {
    return this.#subscribers[kind].size;
  }

  subscriberCount(kind: SubscriptionKind, name: ByteString): number {
    return this.#subscribers[kind].get(name)?.size ?? 0;
  }

  /** Clients in pub/sub mode. */
  get clientCount(): number {
    return this.#ofClient.size;
  }

  /** Does nothing when the client is subscribed already. */
  subscribe(client: Client, kind: SubscriptionKind, name: ByteString): void {
    let own = this.#ofClient.get(client);
    if (own === undefined) {
      own = new ClientSubscriptions();
      this.#ofClient.set(client, own);
      client.subscriptions = own;
    }
    if (own[kind].has(name)) return;
    own[kind].add(name);
    client.subscriptionCount = own.count;
    const subscribers = this.#subscribers[kind].get(name);
    if (subscribers === undefined) this.#subscribers[kind].set(name, new Set([client]));
    else subscribers.add(client);
  }

  unsubscribe(client: Client, kind: SubscriptionKind, name: ByteString): void {
    const own = this.#ofClient.get(client);
    if (own === undefined || !own[kind].delete(name)) return;
    client.subscriptionCount = own.count;
    if (own.count === 0) {
      this.#ofClient.delete(client);
      client.subscriptions = null;
    }
    const subscribers = this.#subscribers[kind].get(name);
    subscribers?.delete(client);
    if (subscribers?.size === 0) this.#subscribers[kind].delete(name);
  }

  /** Ends all subscriptions without a word: the client is reset or has gone. */
  drop(client: Client): void {
    const own = this.#ofClient.get(client);
    if (own === undefined) return;
    for (const kind of ['channels', 'patterns', 'shardChannels'] as const) {
      for (const name of [...own[kind]]) this.unsubscribe(client, kind, name);
    }
  }

  /**
   * Sends a message to the subscribers of a channel and of the patterns that match it. While a
   * savepoint is open it waits for the commit.
   *
   * @returns how many copies are sent.
   */
  publish(channel: ByteString, message: ByteString): number {
    if (this.isIdle) return 0;
    let receivers = this.subscriberCount('channels', channel);
    for (const [pattern, clients] of this.#subscribers.patterns) {
      if (globMatch(pattern, channel)) receivers += clients.size;
    }
    if (receivers > 0) this.#whenCommitted(() => this.#send(channel, message));
    return receivers;
  }

  /** The same for a shard channel; patterns do not see it. */
  publishToShard(channel: ByteString, message: ByteString): number {
    const receivers = this.subscriberCount('shardChannels', channel);
    if (receivers > 0) {
      this.#whenCommitted(() => {
        const clients = this.#subscribers.shardChannels.get(channel) ?? [];
        this.#deliver(clients, ['smessage', channel, message]);
      });
    }
    return receivers;
  }

  #whenCommitted(action: () => void): void {
    this.#executor.keyspace.journal.whenCommitted(action);
  }

  #send(channel: ByteString, message: ByteString): void {
    const direct = this.#subscribers.channels.get(channel);
    if (direct !== undefined) this.#deliver(direct, ['message', channel, message]);
    for (const [pattern, clients] of this.#subscribers.patterns) {
      if (!globMatch(pattern, channel)) continue;
      this.#deliver(clients, ['pmessage', pattern, channel, message]);
    }
  }

  #deliver(clients: Iterable<Client>, words: readonly string[]): void {
    const encoded: Record<2 | 3, Buffer | null> = { 2: null, 3: null };
    // Delivery may close a client that reads too slowly, which ends its subscriptions.
    for (const client of [...clients]) {
      const { protocol } = client.writer;
      encoded[protocol] ??= this.#encode(protocol, words);
      this.#executor.sendPush(client, encoded[protocol]);
    }
  }

  #encode(protocol: 2 | 3, words: readonly string[]): Buffer {
    this.#encoder ??= new RespWriter(formatDouble, ENCODER_BYTES);
    const encoder = this.#encoder;
    encoder.clear();
    encoder.protocol = protocol;
    encoder.push(words.length);
    for (const word of words) encoder.bulk(word);
    return Buffer.from(encoder.buffer.subarray(0, encoder.length));
  }
}
