import { beforeEach, describe, expect, test } from 'vitest';
import { LIFECYCLE, type Lifecycle, type ShutdownRequest } from '../../host/dispatch/lifecycle.ts';
import { TestInstance } from '../support/instance.ts';
import { silentTransport } from '../support/silent-transport.ts';

let server: TestInstance;
let lifecycle: Lifecycle;
let requests: ShutdownRequest[];
let mayEnd: boolean;

beforeEach(() => {
  server = new TestInstance();
  lifecycle = server.instance.services.get(LIFECYCLE);
  requests = [];
  mayEnd = true;
  lifecycle.onShutdown(async (request) => {
    requests.push(request);
    return mayEnd;
  });
  lifecycle.attach(async () => {});
});

/** Lets the promises that are under way settle. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe('SHUTDOWN', () => {
  test.each([
    [[], { saving: 'default', isNow: false, isForced: false }],
    [['save'], { saving: 'save', isNow: false, isForced: false }],
    [['NOSAVE', 'NOW'], { saving: 'nosave', isNow: true, isForced: false }],
    [['force', 'now', 'save'], { saving: 'save', isNow: true, isForced: true }],
  ])('%j is understood, and nothing is replied', async (words, expected) => {
    expect(server.raw('SHUTDOWN', ...words)).toBe('');
    await settled();
    expect(requests).toEqual([expected]);
  });

  test.each([[['SAVE', 'NOSAVE']], [['LATER']], [['ABORT', 'NOW']], [['NOW', 'NOW', 'LATER']]])(
    '%j is a syntax error',
    (words) => {
      expect(server.raw('SHUTDOWN', ...words)).toBe('-ERR syntax error\r\n');
      expect(requests).toEqual([]);
    },
  );

  test('the client is told when the server cannot end, and goes on', async () => {
    mayEnd = false;
    server.client.transport = silentTransport();
    server.raw('SHUTDOWN');
    await settled();
    expect(server.takeReply()).toBe('-ERR Errors trying to SHUTDOWN. Check logs.\r\n');
    expect(server.raw('SET', 'a', 'b')).toBe('+OK\r\n');
  });

  test('ABORT without a shutdown in progress is an error', () => {
    expect(server.raw('SHUTDOWN', 'ABORT')).toBe('-ERR No shutdown in progress.\r\n');
  });

  test('ABORT calls off one that waits; whoever asked for it is told', async () => {
    lifecycle.onWait(
      (signal) => new Promise((done) => signal.addEventListener('abort', () => done())),
    );
    server.raw('SHUTDOWN');
    const other = server.instance.createClient();
    expect(server.rawAs(other, 'SHUTDOWN', 'ABORT')).toBe('+OK\r\n');
    await settled();
    expect(requests).toEqual([]);
  });

  test('is not for transactions', () => {
    server.raw('MULTI');
    expect(server.raw('SHUTDOWN')).toBe('-ERR Command not allowed inside a transaction\r\n');
  });
});
