import { describe, expect, test } from 'vitest';
import type { Connection } from '../../host/net/connection.ts';
import { Turns } from '../../host/net/turns.ts';
import { RawSocket } from '../support/raw-socket.ts';
import { Served } from '../support/served.ts';

/** What Turns needs of a connection. */
class FakeConnection {
  readonly #name: string;
  readonly #log: string[];
  onTurn: () => void = () => {};

  constructor(name: string, log: string[]) {
    this.#name = name;
    this.#log = log;
  }

  flush(): void {
    this.#log.push(`flush ${this.#name}`);
  }

  takeOutput(): Buffer {
    this.#log.push(`take ${this.#name}`);
    return Buffer.from(this.#name);
  }

  send(bytes: Buffer): void {
    this.#log.push(`send ${bytes}`);
  }

  closeWithError(text: string): void {
    this.#log.push(`close ${this.#name}: ${text}`);
  }

  takeTurn(): void {
    this.#log.push(`turn ${this.#name}`);
    this.onTurn();
  }

  /** Only these methods are called. */
  get asConnection(): Connection {
    return this as unknown as Connection;
  }
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the end of a turn', () => {
  test('sends replies once for each connection, then gives those that wait their turn', async () => {
    const log: string[] = [];
    const turns = new Turns(() => {
      log.push('file');
      return true;
    });
    const [a, b] = [new FakeConnection('a', log), new FakeConnection('b', log)];
    turns.waitForTurn(b.asConnection);
    turns.flushLater(a.asConnection);
    turns.flushLater(b.asConnection);
    turns.flushLater(a.asConnection);
    await nextTurn();
    expect(log).toEqual(['file', 'flush a', 'flush b', 'turn b']);
  });

  test('holds the replies until what they tell of is safe', async () => {
    const log: string[] = [];
    const releases: ((failure: string | null) => void)[] = [];
    const turns = new Turns((release) => {
      releases.push(release);
      return false;
    });
    const a = new FakeConnection('a', log);
    turns.flushLater(a.asConnection);
    await nextTurn();
    turns.flushLater(a.asConnection);
    await nextTurn();
    expect(log).toEqual(['take a', 'take a']);
    releases[0]?.(null);
    expect(log).toEqual(['take a', 'take a', 'send a']);
    releases[1]?.('MISCONF disk');
    expect(log.at(-1)).toBe('close a: MISCONF disk');
  });

  test('sends them at once when that is known at once', async () => {
    const log: string[] = [];
    const turns = new Turns((release) => {
      release(null);
      return false;
    });
    turns.flushLater(new FakeConnection('a', log).asConnection);
    await nextTurn();
    expect(log).toEqual(['take a', 'send a']);
  });

  test('those that ask again wait for the next turn, behind the others', async () => {
    const log: string[] = [];
    const turns = new Turns(() => true);
    const [a, b] = [new FakeConnection('a', log), new FakeConnection('b', log)];
    a.onTurn = () => {
      if (log.length < 5) turns.waitForTurn(a.asConnection);
    };
    turns.waitForTurn(a.asConnection);
    turns.waitForTurn(b.asConnection);
    await nextTurn();
    expect(log).toEqual(['turn a', 'turn b']);
    await nextTurn();
    expect(log).toEqual(['turn a', 'turn b', 'turn a']);
  });

  test('forgets connections that have gone', async () => {
    const log: string[] = [];
    const turns = new Turns(() => true);
    const [a, b] = [new FakeConnection('a', log), new FakeConnection('b', log)];
    turns.flushLater(a.asConnection);
    turns.waitForTurn(a.asConnection);
    turns.flushLater(b.asConnection);
    turns.forget(a.asConnection);
    await nextTurn();
    expect(log).toEqual(['flush b']);
  });
});

test('a client that floods the server does not keep others waiting', async () => {
  const served = await Served.start();
  const flood = await RawSocket.open(served.port);
  const other = await RawSocket.open(served.port);
  const count = 200_000;
  const done = flood.until((received) => received.length >= count * 7);
  void flood.write('PING\r\n'.repeat(count));
  await flood.until((received) => received.length > 0);
  await other.write('GET key\r\n');
  await other.until((received) => received.length >= 5);
  const answeredBefore = flood.received.length / 7;
  expect(answeredBefore).toBeLessThan(count / 2);
  await done;
  flood.close();
  other.close();
  await served.stop();
});
