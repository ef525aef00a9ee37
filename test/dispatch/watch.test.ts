import { beforeEach, describe, expect, test } from 'vitest';
import type { Client } from '../../host/dispatch/client.ts';
import { Watchers } from '../../host/dispatch/watch.ts';
import type { Database } from '../../host/keyspace/database.ts';
import type { Keyspace } from '../../host/keyspace/keyspace.ts';
import { bytesOf } from '../../host/lib/bytes.ts';
import { Slice } from '../../host/lib/slice.ts';
import { TestInstance } from '../support/instance.ts';

let server: TestInstance;
let keyspace: Keyspace;
let db: Database;
let watchers: Watchers;
let client: Client;
const KEY = bytesOf('key');

beforeEach(() => {
  server = new TestInstance();
  keyspace = server.instance.keyspace;
  db = keyspace.database(0);
  watchers = new Watchers();
  client = server.client;
});

test('nobody watches at first, and nobody when all have stopped', () => {
  expect(watchers.isEmpty).toBe(true);
  watchers.watch(client, db, KEY, keyspace);
  expect(watchers.isEmpty).toBe(false);
  expect(watchers.clientCount).toBe(1);
  watchers.unwatchAll(client);
  expect(watchers.isEmpty).toBe(true);
  expect(watchers.countOf(client)).toBe(0);
});

test('a key watched twice counts once', () => {
  watchers.watch(client, db, KEY, keyspace);
  watchers.watch(client, db, KEY, keyspace);
  watchers.watch(client, keyspace.database(1), KEY, keyspace);
  expect(watchers.countOf(client)).toBe(2);
});

test('all who watch a key hear of its change', () => {
  const second = server.instance.createClient();
  for (const each of [client, second]) watchers.watch(each, db, KEY, keyspace);
  watchers.touch(db, Slice.of('other'));
  watchers.touch(keyspace.database(1), Slice.of('key'));
  expect(client.isWatchBroken).toBe(false);
  watchers.touch(db, Slice.of('key'));
  expect([client.isWatchBroken, second.isWatchBroken]).toEqual([true, true]);
});

test('who has stopped does not hear any more', () => {
  watchers.watch(client, db, KEY, keyspace);
  watchers.unwatchAll(client);
  watchers.touch(db, Slice.of('key'));
  expect(client.isWatchBroken).toBe(false);
});

describe('a database that is emptied or exchanged', () => {
  test('changes the keys that are there', () => {
    watchers.watch(client, db, KEY, keyspace);
    watchers.touchAll(db);
    expect(client.isWatchBroken).toBe(false);
    server.raw('SET', 'key', 'value');
    watchers.touchAll(db);
    expect(client.isWatchBroken).toBe(true);
  });

  test('changes the keys that come', () => {
    watchers.watch(client, db, KEY, keyspace);
    const other = keyspace.database(1);
    other.setString(Slice.of('key'), Slice.of('value'), 0);
    watchers.touchAll(db, other);
    expect(client.isWatchBroken).toBe(true);
  });
});

test('a key that has expired since is a change, one that had before is none', () => {
  server.raw('SET', 'key', 'value', 'PX', '10');
  watchers.watch(client, db, KEY, keyspace);
  expect(watchers.isBroken(client, keyspace)).toBe(false);
  keyspace.nowMs += 20;
  expect(watchers.isBroken(client, keyspace)).toBe(true);
  watchers.unwatchAll(client);
  watchers.watch(client, db, KEY, keyspace);
  expect(watchers.isBroken(client, keyspace)).toBe(false);
});
