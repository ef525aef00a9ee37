import { expect, test } from 'vitest';
import { PAUSE } from '../../host/dispatch/pause.ts';
import { connect } from '../support/connected.ts';
import { TestInstance } from '../support/instance.ts';

test('pauses of different purposes do not end each other', () => {
  const redcell = new TestInstance();
  const pause = redcell.instance.services.get(PAUSE);
  const a = connect(redcell);
  pause.begin('shutdown', 'write', Number.POSITIVE_INFINITY);
  pause.begin('client', 'all', redcell.clock.nowMs() + 1000);
  expect(pause.mode).toBe('all');
  expect(a.raw('GET', 'k')).toBe('');
  pause.end('client');
  expect(pause.mode).toBe('write');
  expect(a.take()).toBe('$-1\r\n');
  expect(a.raw('SET', 'k', 'v')).toBe('');
  pause.end('shutdown');
  expect([pause.mode, a.take()]).toEqual([null, '+OK\r\n']);
  expect(redcell.instance.executor.isPaused).toBe(false);
});

test('commands without a connection and of replicas are not kept', () => {
  const redcell = new TestInstance();
  const pause = redcell.instance.services.get(PAUSE);
  pause.begin('client', 'all', redcell.clock.nowMs() + 1000);
  const replica = connect(redcell);
  replica.client.link = 'replica';
  expect(replica.raw('PING')).toBe('+PONG\r\n');
  expect(redcell.raw('PING')).toBe('+PONG\r\n');
});

test('a client that goes away while it waits is forgotten', () => {
  const redcell = new TestInstance();
  const pause = redcell.instance.services.get(PAUSE);
  pause.begin('client', 'all', redcell.clock.nowMs() + 1000);
  const a = connect(redcell);
  a.raw('SET', 'k', 'v');
  redcell.instance.dropClient(a.client);
  redcell.advance(2000);
  expect(a.take()).toBe('');
  expect(redcell.raw('EXISTS', 'k')).toBe(':0\r\n');
  expect(redcell.instance.executor.blocking.blockedCount).toBe(0);
});

test('a command that was kept may block after the pause', () => {
  const redcell = new TestInstance();
  const pause = redcell.instance.services.get(PAUSE);
  pause.begin('client', 'all', redcell.clock.nowMs() + 1000);
  const a = connect(redcell);
  a.raw('BLPOP', 'l', 0);
  redcell.advance(1500);
  expect(a.client.blocked?.kind).toBe('keys');
  redcell.raw('RPUSH', 'l', 'x');
  expect(a.take()).toBe('*2\r\n$1\r\nl\r\n$1\r\nx\r\n');
});
