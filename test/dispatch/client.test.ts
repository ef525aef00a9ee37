import { describe, expect, test } from 'vitest';
import { isLocalClient } from '../../host/dispatch/client.ts';
import { connect, FakeTransport } from '../support/connected.ts';
import { TestInstance } from '../support/instance.ts';

describe('a client', () => {
  test('has an id of its own, and internal ones have none', () => {
    const { instance } = new TestInstance();
    const [first, second] = [instance.createClient(), instance.createClient()];
    expect(second.id).toBe(first.id + 1);
    expect(instance.createInternalClient().id).toBe(0);
  });

  test('with subscriptions may do little in RESP2, everything in RESP3', () => {
    const server = new TestInstance();
    server.raw('SUBSCRIBE', 'news');
    expect(server.client.isInPubSubMode).toBe(true);
    expect(server.raw('GET', 'key')).toMatch(/^-ERR Can't execute 'get'/);
    server.client.writer.protocol = 3;
    expect(server.client.isInPubSubMode).toBe(false);
    expect(server.raw('GET', 'key')).toBe('_\r\n');
  });

  test('is of the class that decides on its output limit', () => {
    const server = new TestInstance();
    const { client } = server;
    expect(client.clientClass).toBe('normal');
    server.raw('SUBSCRIBE', 'news');
    expect(client.clientClass).toBe('pubsub');
    client.link = 'replica';
    expect(client.clientClass).toBe('replica');
  });

  test('without a connection is flushed in vain', () => {
    const server = new TestInstance();
    server.client.flush();
    const { client, transport } = connect(server);
    client.flush();
    expect(transport.flushes).toBe(1);
  });
});

test.each([
  ['127.0.0.1:5000', true],
  ['[::1]:5000', true],
  ['/tmp/redis.sock:0', true],
  ['10.0.0.1:5000', false],
  ['[2001:db8::1]:5000', false],
])('a client at %s is local: %s', (address, expected) => {
  const { client } = connect(new TestInstance());
  client.transport = new FakeTransport(address);
  expect(isLocalClient(client)).toBe(expected);
  client.transport = null;
  expect(isLocalClient(client)).toBe(true);
});
