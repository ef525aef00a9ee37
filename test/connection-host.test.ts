import { expect, test } from 'vitest';
import { Server } from '../host/server.ts';
import { TestInstance } from './support/instance.ts';
import { RawClient } from './support/oracle.ts';

const LIMITS = { maxClients: 10, bulkMaxBytes: 1024, queryBufferMaxBytes: 4096 };

test('a request that reaches a bug costs its client the connection, and nobody else anything', async () => {
  const { instance, logLines } = new TestInstance();
  instance.dispatcher.addGuard((_client, entry) => {
    if (entry.name === 'get') throw new Error('a bug for the test');
    return null;
  });
  const server = new Server(instance, () => LIMITS);
  const { port } = server.listenTcp({ host: '127.0.0.1', port: 0 });
  const [unlucky, other] = await Promise.all([RawClient.open(port), RawClient.open(port)]);
  expect(await unlucky.call('GET', 'a')).toBe('-ERR internal error: see the server log\r\n');
  expect(await other.call('SET', 'a', 'b')).toBe('+OK\r\n');
  expect(logLines.join('')).toContain('=== REDIS BUG REPORT START');
  expect(logLines.join('')).toContain('a bug for the test');
  await expect.poll(() => instance.clients.connectedCount).toBe(1);
  other.close();
  await server.close();
});
