import { beforeEach, describe, expect, test } from 'vitest';
import { Slowlog } from '../../host/dispatch/slowlog.ts';
import { Argv } from '../../host/lib/argv.ts';
import { bytesOf } from '../../host/lib/bytes.ts';
import { TestInstance } from '../support/instance.ts';

const NOW_MS = 1_700_000_000_999;
let server: TestInstance;
let slowlog: Slowlog;

beforeEach(() => {
  server = new TestInstance();
  slowlog = new Slowlog();
});

function note(durationMs: number, ...words: string[]): void {
  const entry = server.instance.dispatcher.resolve(Argv.of(...words));
  if (!('number' in entry)) throw entry;
  slowlog.note({ entry, client: server.client, argv: Argv.of(...words) }, durationMs, NOW_MS);
}

test('keeps what took as long as the threshold, newest first', () => {
  note(9.999, 'GET', 'fast');
  note(10, 'GET', 'slow');
  note(20.5, 'GET', 'slower');
  expect(slowlog.entries).toEqual([
    {
      id: 1,
      timeSec: 1_700_000_000,
      durationUs: 20_500,
      args: ['GET', 'slower'],
      address: '?:0',
      clientName: '',
    },
    {
      id: 0,
      timeSec: 1_700_000_000,
      durationUs: 10_000,
      args: ['GET', 'slow'],
      address: '?:0',
      clientName: '',
    },
  ]);
});

test('keeps all with a threshold of 0 and nothing with a negative one', () => {
  slowlog.thresholdUs = 0;
  note(0, 'PING');
  slowlog.thresholdUs = -1;
  note(1000, 'PING');
  expect(slowlog.entries).toHaveLength(1);
});

test('forgets the oldest beyond its length', () => {
  slowlog.thresholdUs = 0;
  slowlog.maxLength = 2;
  for (const key of ['a', 'b', 'c']) note(1, 'GET', key);
  expect(slowlog.entries.map((entry) => entry.args[1])).toEqual(['c', 'b']);
  slowlog.maxLength = 0;
  note(1, 'GET', 'd');
  expect(slowlog.entries).toEqual([]);
});

test('counts on after a reset', () => {
  slowlog.thresholdUs = 0;
  note(1, 'PING');
  slowlog.reset();
  expect(slowlog.entries).toEqual([]);
  note(1, 'PING');
  expect(slowlog.entries[0]?.id).toBe(1);
});

test('leaves out EXEC: what it ran is there', () => {
  slowlog.thresholdUs = 0;
  note(1, 'EXEC');
  expect(slowlog.entries).toEqual([]);
});

test('knows the client by name', () => {
  server.client.name = bytesOf('me');
  note(100, 'PING');
  expect(slowlog.entries[0]?.clientName).toBe('me');
});

describe('long commands', () => {
  test('are cut to 32 words, the last of which tells how many are missing', () => {
    note(100, 'MGET', ...Array.from({ length: 31 }, (_, i) => `k${i}`));
    expect(slowlog.entries[0]?.args).toHaveLength(32);
    expect(slowlog.entries[0]?.args[31]).toBe('k30');
    note(100, 'MGET', ...Array.from({ length: 40 }, (_, i) => `k${i}`));
    expect(slowlog.entries[0]?.args).toHaveLength(32);
    expect(slowlog.entries[0]?.args[31]).toBe('... (10 more arguments)');
  });

  test('and each word to 128 bytes', () => {
    note(100, 'SET', 'k', 'x'.repeat(130));
    expect(slowlog.entries[0]?.args[2]).toBe(`${'x'.repeat(128)}... (2 more bytes)`);
    note(100, 'SET', 'k', 'x'.repeat(128));
    expect(slowlog.entries[0]?.args[2]).toBe('x'.repeat(128));
  });
});
