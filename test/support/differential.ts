// The same commands for redcell and for a real redis-server: replies, keyspace events and what
// goes to the append-only file, side by side.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect } from 'vitest';
import { TestInstance } from './instance.ts';
import { Oracle, type RawClient } from './oracle.ts';

export type Word = string | number;

/** What one server made of a list of commands. */
export interface Outcome {
  /** Raw reply bytes by command. */
  readonly replies: string[];
  /** `event key@db`, in order. */
  readonly events: string[];
  /** Effects as words, names in lower case, times to come as `<time>`. */
  readonly effects: string[];
}

export interface DifferentialOptions {
  /** Commands whose reply has no defined order: compared as sorted lines. */
  readonly unordered?: readonly string[];
  readonly protocol?: 2 | 3;
  /** CONFIG SET for the real server; `prepare` does the same here. */
  readonly directives?: Readonly<Record<string, string>>;
  readonly prepare?: (redcell: TestInstance) => void;
}

const EVENT_FLAGS = 'KEAmn';
const ALL_EVENTS = 0x7fff;
const END = 'end-of-run';

export class Differential {
  readonly #oracle: Oracle;
  readonly #client: RawClient;
  readonly #subscriber: RawClient;
  readonly #unordered: ReadonlySet<string>;
  readonly #protocol: 2 | 3;
  readonly #prepare: (redcell: TestInstance) => void;
  #aofBytesSeen = 0;

  private constructor(
    oracle: Oracle,
    client: RawClient,
    subscriber: RawClient,
    options: DifferentialOptions,
  ) {
    this.#oracle = oracle;
    this.#client = client;
    this.#subscriber = subscriber;
    this.#unordered = new Set(options.unordered ?? []);
    this.#protocol = options.protocol ?? 2;
    this.#prepare = options.prepare ?? (() => {});
  }

  static async start(options: DifferentialOptions = {}): Promise<Differential> {
    const aof = [
      '--appendonly',
      'yes',
      '--appendfsync',
      'no',
      '--auto-aof-rewrite-percentage',
      '0',
    ];
    const oracle = await Oracle.start(...aof);
    const client = await oracle.client();
    const subscriber = await oracle.client();
    await client.call('CONFIG', 'SET', 'notify-keyspace-events', EVENT_FLAGS);
    await client.call('DEBUG', 'SET-ACTIVE-EXPIRE', '0');
    for (const [name, value] of Object.entries(options.directives ?? {})) {
      await client.call('CONFIG', 'SET', name, value);
    }
    await client.call('HELLO', options.protocol ?? 2);
    await subscriber.call('PSUBSCRIBE', '__keyevent@*');
    await subscriber.call('SUBSCRIBE', END);
    return new Differential(oracle, client, subscriber, options);
  }

  async stop(): Promise<void> {
    this.#client.close();
    this.#subscriber.close();
    await this.#oracle.stop();
  }

  /** Runs the commands on both, each on an empty keyspace, and demands the same outcome. */
  async expectSame(commands: readonly (readonly Word[])[]): Promise<void> {
    const ours = this.#runHere(commands);
    const theirs = await this.#runThere(commands);
    const shown = (outcome: Outcome) => ({
      replies: commands.map((words, i) => `${words.join(' ')} → ${outcome.replies[i]}`),
      events: outcome.events,
      effects: outcome.effects,
    });
    expect(shown(ours)).toEqual(shown(theirs));
  }

  /** Demands the same of random lists of commands; failures are shrunk and print their seed. */
  async expectSameOf(command: fc.Arbitrary<Word[]>, runs: number, length: number): Promise<void> {
    const list = fc.array(command, { minLength: length / 2, maxLength: length });
    const property = fc.asyncProperty(list, (commands) => this.expectSame(commands));
    const seed = Number(process.env.FC_SEED ?? Date.now() & 0xffffff);
    await fc.assert(property, {
      numRuns: runs,
      seed,
      endOnFailure: process.env.FC_FAST === '1',
    });
  }

  #runHere(commands: readonly (readonly Word[])[]): Outcome {
    const redcell = new TestInstance();
    redcell.client.writer.protocol = this.#protocol;
    this.#prepare(redcell);
    const events: string[] = [];
    redcell.instance.keyEvents.addListener({
      mask: ALL_EVENTS,
      notify: (_class, name, key, db) => {
        events.push(`${name} ${key.toByteString()}@${db.index}`);
      },
    });
    const replies = commands.map((words) => {
      const reply = words[0] === 'SELECT' ? select(redcell, words) : redcell.raw(...words);
      return this.#comparable(words, reply);
    });
    return { replies, events, effects: redcell.takeEffects().map(effectText) };
  }

  async #runThere(commands: readonly (readonly Word[])[]): Promise<Outcome> {
    await this.#client.call('FLUSHALL');
    await this.#takeEffects();
    const replies: string[] = [];
    for (const words of commands) {
      replies.push(this.#comparable(words, await this.#client.call(...words)));
    }
    await this.#client.call('PUBLISH', END, '');
    const events = await this.#takeEvents();
    await this.#client.call('SELECT', '0');
    return { replies, events, effects: await this.#takeEffects() };
  }

  async #takeEvents(): Promise<string[]> {
    const events: string[] = [];
    for (;;) {
      const parts = bulks(await this.#subscriber.next());
      if (parts[0] === 'message') return events;
      const [, , channel = '', key] = parts;
      const [, db, event] = /^__keyevent@(\d+)__:(.*)$/s.exec(channel) ?? [];
      events.push(`${event} ${key}@${db}`);
    }
  }

  /** What the append-only file got since the last time; it is written before the reply is. */
  async #takeEffects(): Promise<string[]> {
    await this.#client.call('PING');
    const dir = join(this.#oracle.dir, 'appendonlydir');
    const name = readdirSync(dir).find((file) => file.endsWith('.incr.aof')) as string; // made at start
    const bytes = readFileSync(join(dir, name)).toString('latin1');
    const fresh = bytes.slice(this.#aofBytesSeen);
    this.#aofBytesSeen = bytes.length;
    return parseCommands(fresh)
      .filter((words) => words[0]?.toLowerCase() !== 'select')
      .map(effectText);
  }

  #comparable(words: readonly Word[], reply: string): string {
    const name = String(words[0]).toLowerCase();
    if (name === 'ttl' || name === 'pttl') return coarseTime(reply, name === 'ttl' ? 1000 : 1);
    // The second may turn between two commands there.
    if (/^object idletime/i.test(words.join(' ')) && reply === ':1\r\n') return ':0\r\n';
    if (!this.#unordered.has(name)) return reply;
    return reply.split('\r\n').sort().join('\r\n');
  }
}

/** For databases that exist; the same without the commands of connections. */
function select(redcell: TestInstance, words: readonly Word[]): string {
  redcell.client.db = redcell.instance.keyspace.database(Number(words[1]));
  return '+OK\r\n';
}

/** One clock stands still, the other does not: half a minute of difference is none. */
function coarseTime(reply: string, unitMs: number): string {
  const ms = Number(reply.slice(1)) * unitMs;
  if (!(ms > 0)) return reply;
  return ms > 1e9 ? 'later' : `about ${Math.round(ms / 60_000)} minutes`;
}

/** Times that depend on when the test runs; fixed ones in tests are older or much later. */
function effectText(words: readonly string[]): string {
  const [name = '', ...rest] = sinceSeven2(words);
  const shown = rest.map((word) => (/^1[0-9]{12}$/.test(word) ? '<time>' : word));
  return [name.toLowerCase(), ...shown].join(' ');
}

/** 7.2 leaves SET with PXAT as it is; 7.0 drops its other options. */
function sinceSeven2(words: readonly string[]): readonly string[] {
  const at = words.findIndex((word) => word.toLowerCase() === 'pxat');
  if (words[0]?.toLowerCase() !== 'set' || at < 3) return words;
  const last = words.findLastIndex((word) => word.toLowerCase() === 'pxat');
  return [...words.slice(0, 3), 'PXAT', words[last + 1] as string]; // PXAT has a value
}

function parseCommands(bytes: string): string[][] {
  const commands: string[][] = [];
  let at = 0;
  const line = (): string => {
    const end = bytes.indexOf('\r\n', at);
    const text = bytes.slice(at, end);
    at = end + 2;
    return text;
  };
  while (at < bytes.length) {
    const count = Number(line().slice(1));
    const words: string[] = [];
    for (let i = 0; i < count; i++) {
      const length = Number(line().slice(1));
      words.push(bytes.slice(at, at + length));
      at += length + 2;
    }
    commands.push(words);
  }
  return commands;
}

/** The bulk strings of a flat reply. */
function bulks(reply: string): string[] {
  return parseCommands(reply)[0] ?? [];
}
