import { expect, test } from 'vitest';
import { clientBytes, clientLine } from '../../host/commands/client-line.ts';
import { connect } from '../support/connected.ts';
import { TestInstance } from '../support/instance.ts';

test('queued commands and their bytes are shown', () => {
  const a = connect(new TestInstance());
  const idle = clientBytes(a.client);
  a.raw('MULTI');
  a.raw('SET', 'k', 'x'.repeat(1000));
  const line = clientLine(a.client, a.client.createdMs);
  expect(line).toContain(' flags=x ');
  expect(line).toContain(' multi=1 ');
  expect(Number(/multi-mem=(\d+)/.exec(line)?.[1])).toBeGreaterThan(1000);
  expect(clientBytes(a.client) - idle).toBeGreaterThan(1000);
});

test('a client without a connection has no address', () => {
  const { client } = new TestInstance();
  expect(clientLine(client, client.createdMs)).toMatch(/^id=1 addr=\?:0 laddr=\?:0 fd=-1 /);
});
