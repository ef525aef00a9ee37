import { describe, expect, test } from 'vitest';
import { connect } from '../support/connected.ts';
import { TestInstance } from '../support/instance.ts';

describe('MONITOR', () => {
  test('shows commands in the form of redis-cli', () => {
    const redcell = new TestInstance();
    const watcher = connect(redcell);
    const a = connect(redcell);
    expect(watcher.raw('MONITOR')).toBe('+OK\r\n');
    a.raw('SELECT', 3);
    watcher.take();
    a.raw('set', 'k"q', 'a\nb');
    expect(watcher.take()).toBe(
      `+1700000000.000000 [3 ${a.transport.remoteAddress}] "set" "k\\"q" "a\\nb"\r\n`,
    );
  });

  test('shows the commands of EXEC before EXEC, and none of administrators', () => {
    const redcell = new TestInstance();
    const watcher = connect(redcell);
    watcher.raw('MONITOR');
    const a = connect(redcell);
    a.raw('MULTI');
    a.raw('PING');
    a.raw('EXEC');
    a.raw('CONFIG', 'GET', 'port');
    const words = [...watcher.take().matchAll(/\] "(\w+)"/g)].map((match) => match[1]);
    expect(words).toEqual(['MULTI', 'PING', 'EXEC']);
  });

  test('ends with the connection, and costs nothing afterwards', () => {
    const redcell = new TestInstance();
    const watcher = connect(redcell);
    watcher.raw('MONITOR');
    redcell.instance.dropClient(watcher.client);
    redcell.raw('PING');
    expect(watcher.take()).toBe('');
    expect(watcher.client.isMonitor).toBe(false);
  });
});
