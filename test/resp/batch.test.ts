import { describe, expect, test } from 'vitest';
import { BATCH_MAX_REQUESTS } from '../../host/lib/limits.ts';
import { RequestBatch } from '../../host/resp/batch.ts';
import { ProtocolError, RequestParser } from '../../host/resp/parser.ts';

const PING = '*1\r\n$4\r\nPING\r\n';

/** What a batch read from `text` holds. */
function read(text: string, parser = newParser()): { words: string[][]; ends: number[] } {
  const batch = new RequestBatch();
  const buffer = Buffer.from(text, 'latin1');
  batch.read(parser, buffer, 0, buffer.length);
  const words = batch.requests.slice(0, batch.length).map((argv) => argv.toByteStrings());
  return { words, ends: words.map((_, i) => batch.endOf(i)) };
}

function newParser(isUnauthenticated = false): RequestParser {
  return new RequestParser({ bulkMaxBytes: 100, isUnauthenticated });
}

describe('a batch', () => {
  test('holds all whole requests and where each ends', () => {
    const text = `${PING}GET a\r\n\r\n*1\r\n$4\r\nPI`;
    expect(read(text)).toEqual({ words: [['PING'], ['GET', 'a'], []], ends: [14, 21, 23] });
  });

  test('is empty when the first is not whole', () => {
    expect(read('*1\r\n$4\r\nPI')).toEqual({ words: [], ends: [] });
  });

  test('holds no more than fits', () => {
    expect(read(PING.repeat(BATCH_MAX_REQUESTS + 5)).words).toHaveLength(BATCH_MAX_REQUESTS);
  });

  test('ends before a request that breaks the protocol, which is told when it is the first', () => {
    const parser = newParser();
    expect(read(`${PING}*1\r\n$1000\r\n`, parser).words).toEqual([['PING']]);
    expect(() => read('*1\r\n$1000\r\n', parser)).toThrow(ProtocolError);
  });

  test('leaves a request to be judged when those before it have been carried out', () => {
    const limits = { bulkMaxBytes: 100, isUnauthenticated: true };
    const parser = new RequestParser(limits);
    const long = `*11\r\n${'$1\r\na\r\n'.repeat(11)}`;
    expect(read(`${PING}${long}`, parser).words).toEqual([['PING']]);
    limits.isUnauthenticated = false; // PING was AUTH
    expect(read(long, parser).words).toEqual([new Array(11).fill('a')]);
  });
});
