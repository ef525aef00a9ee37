import { describe, expect, test } from 'vitest';
import { connect } from '../support/connected.ts';
import { TestInstance } from '../support/instance.ts';

const NOTHING = '*-1\r\n';

describe('a command that waits for keys', () => {
  test('waits for all of its keys, each once', () => {
    const redcell = new TestInstance();
    const { blocking } = redcell.instance.executor;
    expect(redcell.raw('BLPOP', 'a', 'b', 'a', 0)).toBe('');
    expect(blocking.watchedKeyCount).toBe(2);
    const other = connect(redcell);
    other.raw('RPUSH', 'b', 'x');
    expect(redcell.takeReply()).toBe('*2\r\n$1\r\nb\r\n$1\r\nx\r\n');
    expect(blocking.watchedKeyCount).toBe(0);
  });

  test('does not take its timeout for a key', () => {
    const redcell = new TestInstance();
    redcell.raw('BLPOP', 'a', '10');
    connect(redcell).raw('RPUSH', '10', 'x');
    expect(redcell.takeReply()).toBe('');
  });

  test('goes on waiting when a key gets a value of another type', () => {
    const redcell = new TestInstance();
    redcell.raw('BLPOP', 'k', 0);
    const other = connect(redcell);
    other.raw('ZADD', 'k', 1, 'm');
    other.raw('DEL', 'k');
    expect(redcell.takeReply()).toBe('');
    other.raw('RPUSH', 'k', 'x');
    expect(redcell.takeReply()).toBe('*2\r\n$1\r\nk\r\n$1\r\nx\r\n');
  });

  test.each([
    ['*-1\r\n', 2],
    ['_\r\n', 3],
  ] as const)('replies %j with protocol %i when the time is over', (reply, protocol) => {
    const redcell = new TestInstance();
    redcell.client.writer.protocol = protocol;
    redcell.raw('BZPOPMIN', 'k', 1);
    redcell.advance(1000);
    expect(redcell.takeReply()).toBe(reply);
  });

  test('with timeout 0 waits for ever', () => {
    const redcell = new TestInstance();
    redcell.raw('BLPOP', 'k', 0);
    redcell.advance(1e12);
    expect(redcell.takeReply()).toBe('');
    expect(redcell.instance.executor.blocking.blockedCount).toBe(1);
  });

  test.each([
    ['BLPOP', 'k', 0],
    ['BRPOP', 'k', 0],
    ['BLMPOP', 0, 1, 'k', 'LEFT'],
    ['BZPOPMIN', 'k', 0],
    ['BZPOPMAX', 'k', 0],
    ['BZMPOP', 0, 1, 'k', 'MIN'],
  ])('inside a transaction %s has nothing at once', (...words) => {
    const redcell = new TestInstance();
    redcell.raw('MULTI');
    redcell.raw(...words);
    expect(redcell.raw('EXEC')).toBe(`*1\r\n${NOTHING}`);
    expect(redcell.instance.executor.blocking.blockedCount).toBe(0);
  });
});
