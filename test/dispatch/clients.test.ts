import { expect, test } from 'vitest';
import { Clients } from '../../host/dispatch/clients.ts';
import { connect } from '../support/connected.ts';
import { TestInstance } from '../support/instance.ts';

test('a client is dropped once, whoever notices first', () => {
  const a = connect(new TestInstance());
  const clients = new Clients();
  const gone: number[] = [];
  clients.onGone((client) => void gone.push(client.id));
  clients.add(a.client);
  clients.kill(a.client);
  clients.drop(a.client);
  expect(gone).toEqual([a.client.id]);
  expect(a.transport.isClosed).toBe(true);
  expect(clients.get(a.client.id)).toBeUndefined();
});

test('bytes of clients that have gone still count, until statistics are reset', () => {
  const redcell = new TestInstance();
  const clients = new Clients();
  const a = connect(redcell).client;
  const b = connect(redcell).client;
  clients.add(a);
  clients.add(b);
  a.bytesIn = 10;
  b.bytesIn = 5;
  b.bytesOut = 7;
  clients.drop(b);
  expect([clients.bytesIn, clients.bytesOut]).toEqual([15, 7]);
  clients.counters.received = 2;
  clients.resetStats();
  expect([clients.bytesIn, clients.bytesOut, clients.counters.received]).toEqual([0, 0, 0]);
  a.bytesIn += 3;
  expect(clients.bytesIn).toBe(3);
});

test('only clients with a connection are connected', () => {
  const redcell = new TestInstance();
  const clients = new Clients();
  clients.add(redcell.client);
  const a = connect(redcell).client;
  clients.add(a);
  expect([...clients.connected()]).toEqual([a]);
  expect(clients.connectedCount).toBe(1);
});
