import { describe, expect, test } from 'vitest';
import { connect } from '../support/connected.ts';
import { TestInstance } from '../support/instance.ts';

describe('SLOWLOG', () => {
  test('shows time, duration, words, address and name', () => {
    const redcell = new TestInstance({ 'slowlog-log-slower-than': '0' });
    const a = connect(redcell);
    a.raw('CLIENT', 'SETNAME', 'me');
    a.raw('SLOWLOG', 'RESET');
    a.raw('GET', 'k');
    expect(a.raw('SLOWLOG', 'GET', 1)).toBe(
      '*1\r\n*6\r\n:2\r\n:1700000000\r\n:0\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\n' +
        `$14\r\n${a.transport.remoteAddress}\r\n$2\r\nme\r\n`,
    );
  });

  test('keeps as many entries as slowlog-max-len says', () => {
    const redcell = new TestInstance({
      'slowlog-log-slower-than': '0',
      'slowlog-max-len': '3',
    });
    for (let i = 0; i < 5; i++) redcell.raw('GET', i);
    expect(redcell.raw('SLOWLOG', 'LEN')).toBe(':3\r\n');
    expect(redcell.raw('SLOWLOG', 'GET', 2)).toMatch(/^\*2\r\n/);
    expect(redcell.raw('SLOWLOG', 'GET', -1)).toMatch(/^\*3\r\n/);
    expect(redcell.raw('SLOWLOG', 'GET', -2)).toBe(
      '-ERR count should be greater than or equal to -1\r\n',
    );
  });
});

test('ROLE describes a master with its replicas, or a replica', () => {
  const redcell = new TestInstance();
  expect(redcell.raw('ROLE')).toBe('*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n');
  const { facts } = redcell.instance.clientServices;
  const replicas = [{ host: '10.0.0.1', port: 6380, offset: 42 }];
  facts.role = () => ({ role: 'master', offset: 43, replicas });
  expect(redcell.raw('ROLE')).toBe(
    '*3\r\n$6\r\nmaster\r\n:43\r\n*1\r\n*3\r\n$8\r\n10.0.0.1\r\n$4\r\n6380\r\n$2\r\n42\r\n',
  );
  facts.role = () => ({ role: 'slave', host: 'h', port: 1, state: 'connected', offset: 5 });
  expect(redcell.raw('ROLE')).toBe(
    '*5\r\n$5\r\nslave\r\n$1\r\nh\r\n:1\r\n$9\r\nconnected\r\n:5\r\n',
  );
});

test('TIME is in seconds and microseconds', () => {
  const redcell = new TestInstance();
  redcell.advance(1.5);
  expect(redcell.raw('TIME')).toBe('*2\r\n$10\r\n1700000000\r\n$4\r\n1500\r\n');
});

test('LOLWUT ends with the version', () => {
  const redcell = new TestInstance();
  expect(redcell.raw('LOLWUT')).toMatch(/Redis ver\. 7\.2\.4\n\r\n$/);
  expect(redcell.raw('LOLWUT', 'VERSION', 'x')).toBe(
    '-ERR value is not an integer or out of range\r\n',
  );
});

describe('MEMORY', () => {
  test('USAGE grows with the value and is null without a key', () => {
    const redcell = new TestInstance();
    redcell.raw('SET', 'k', 'v');
    redcell.raw('RPUSH', 'l', ...Array.from({ length: 100 }, (_, i) => `item-${i}`));
    const usage = (key: string): number => Number(redcell.raw('MEMORY', 'USAGE', key).slice(1));
    expect(usage('k')).toBeGreaterThan(0);
    expect(usage('l')).toBeGreaterThan(usage('k') + 600);
    expect(redcell.raw('MEMORY', 'USAGE', 'nosuch', 'SAMPLES', 0)).toBe('$-1\r\n');
    expect(redcell.raw('MEMORY', 'USAGE', 'k', 'SAMPLES', -1)).toBe('-ERR syntax error\r\n');
  });

  test('STATS is a map whose length is right in both protocols', () => {
    for (const protocol of [2, 3] as const) {
      const a = connect(new TestInstance(), protocol);
      a.raw('SET', 'k', 'v');
      a.raw('MEMORY', 'STATS');
      expect(a.raw('PING')).toBe('+PONG\r\n');
      const text = a.raw('MEMORY', 'STATS');
      expect(text).toMatch(protocol === 3 ? /^%29\r\n/ : /^\*58\r\n/);
      expect(text).toContain('keys.count\r\n:1\r\n');
      expect(text).toContain('db.0');
    }
  });

  test('DOCTOR, MALLOC-STATS and PURGE answer', () => {
    const redcell = new TestInstance();
    expect(redcell.raw('MEMORY', 'DOCTOR')).toContain('too little data');
    expect(redcell.raw('MEMORY', 'MALLOC-STATS')).toContain('old_space');
    expect(redcell.raw('MEMORY', 'PURGE')).toBe('+OK\r\n');
  });
});
