import { describe, expect, test } from 'vitest';
import type { ByteString } from '../../host/lib/bytes.ts';
import { connect } from '../support/connected.ts';
import { TestInstance } from '../support/instance.ts';

const bytes = (text: string): ByteString => text as ByteString;

describe('publishing', () => {
  test('reaches channel subscribers before pattern subscribers, and counts copies', () => {
    const redcell = new TestInstance();
    const a = connect(redcell);
    a.raw('PSUBSCRIBE', 'n*');
    a.raw('SUBSCRIBE', 'news');
    expect(redcell.raw('PUBLISH', 'news', 'hi')).toBe(':2\r\n');
    expect(a.take()).toBe(
      '*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$2\r\nhi\r\n' +
        '*4\r\n$8\r\npmessage\r\n$2\r\nn*\r\n$4\r\nnews\r\n$2\r\nhi\r\n',
    );
    expect(a.transport.flushes).toBeGreaterThan(0);
  });

  test('waits for the commit of an open savepoint', () => {
    const redcell = new TestInstance();
    const a = connect(redcell);
    a.raw('SUBSCRIBE', 'news');
    const { pubsub, keyspace } = redcell.instance;
    keyspace.journal.open();
    expect(pubsub.publish(bytes('news'), bytes('hi'))).toBe(1);
    expect(a.take()).toBe('');
    keyspace.journal.commit();
    expect(a.take()).toContain('hi');
  });

  test('is forgotten when the savepoint is rolled back', () => {
    const redcell = new TestInstance();
    const a = connect(redcell);
    a.raw('SUBSCRIBE', 'news');
    a.raw('SSUBSCRIBE', 'shard');
    const { pubsub, keyspace } = redcell.instance;
    const savepoint = keyspace.journal.open();
    pubsub.publish(bytes('news'), bytes('hi'));
    pubsub.publishToShard(bytes('shard'), bytes('hi'));
    keyspace.journal.rollback(savepoint);
    expect(a.take()).toBe('');
  });

  test('to oneself comes after the reply of the command (as 7.2, not 7.0)', () => {
    const redcell = new TestInstance();
    const a = connect(redcell, 3);
    a.raw('SUBSCRIBE', 'me');
    expect(a.raw('PUBLISH', 'me', 'x')).toBe(
      ':1\r\n>3\r\n$7\r\nmessage\r\n$2\r\nme\r\n$1\r\nx\r\n',
    );
    a.raw('MULTI');
    a.raw('PUBLISH', 'me', 'y');
    a.raw('PING');
    const reply = a.raw('EXEC');
    expect(reply.startsWith('*2\r\n:1\r\n+PONG\r\n>3\r\n')).toBe(true);
  });

  test('is binary safe', () => {
    const redcell = new TestInstance();
    const a = connect(redcell);
    redcell.instance.pubsub.subscribe(a.client, 'channels', bytes('\xff\0'));
    redcell.instance.pubsub.publish(bytes('\xff\0'), bytes('\r\n\x80'));
    expect(a.take()).toBe('*3\r\n$7\r\nmessage\r\n$2\r\n\xff\0\r\n$3\r\n\r\n\x80\r\n');
  });

  test('goes to replicas, but into no file', () => {
    const redcell = new TestInstance();
    const seen: string[][] = [];
    redcell.instance.executor.propagation.addSink({
      takesMessages: true,
      feed: (_db, argv) => void seen.push(argv.toByteStrings()),
    });
    redcell.raw('PUBLISH', 'c', 'm');
    redcell.raw('SPUBLISH', 's', 'm');
    expect(seen).toEqual([
      ['PUBLISH', 'c', 'm'],
      ['SPUBLISH', 's', 'm'],
    ]);
    expect(redcell.takeEffects()).toEqual([]);
  });
});

describe('a client that leaves', () => {
  test('leaves no subscription behind', () => {
    const redcell = new TestInstance();
    const a = connect(redcell);
    a.raw('SUBSCRIBE', 'x');
    a.raw('PSUBSCRIBE', '*');
    a.raw('SSUBSCRIBE', 's');
    expect(a.client.subscriptionCount).toBe(3);
    redcell.instance.dropClient(a.client);
    const { pubsub } = redcell.instance;
    expect(pubsub.isIdle).toBe(true);
    expect(pubsub.countNames('channels')).toBe(0);
    expect(pubsub.countNames('patterns')).toBe(0);
    expect(redcell.raw('PUBLISH', 'x', 'm')).toBe(':0\r\n');
  });

  test('by RESET may use all commands again', () => {
    const redcell = new TestInstance();
    const a = connect(redcell);
    a.raw('SUBSCRIBE', 'x');
    expect(a.raw('GET', 'k')).toContain("Can't execute 'get'");
    expect(a.raw('LATENCY', 'RESET')).toContain("Can't execute 'latency|reset'");
    expect(a.raw('RESET')).toBe('+RESET\r\n');
    expect(a.raw('GET', 'k')).toBe('$-1\r\n');
  });
});

describe('CLIENT REPLY OFF', () => {
  test('silences neither confirmations nor messages', () => {
    const redcell = new TestInstance();
    const a = connect(redcell);
    expect(a.raw('CLIENT', 'REPLY', 'OFF')).toBe('');
    expect(a.raw('PING')).toBe('');
    expect(a.raw('SUBSCRIBE', 'x')).toContain('subscribe');
    redcell.raw('PUBLISH', 'x', 'm');
    expect(a.take()).toContain('message');
    expect(a.raw('UNSUBSCRIBE')).toContain('unsubscribe');
    expect(a.raw('CLIENT', 'REPLY', 'ON')).toBe('+OK\r\n');
  });
});
