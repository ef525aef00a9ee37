import { describe, expect, test } from 'vitest';
import { connect } from '../support/connected.ts';
import { TestInstance } from '../support/instance.ts';

function field(redcell: TestInstance, section: string, name: string): string | undefined {
  const text = redcell.raw('INFO', section);
  return new RegExp(`^${name}:(.*)\r$`, 'm').exec(text)?.[1];
}

describe('INFO', () => {
  test('is verbatim text in RESP3 and what ioredis waits for is in it', () => {
    const redcell = new TestInstance();
    expect(redcell.raw('INFO')).toMatch(/^\$\d+\r\n# Server\r\nredis_version:7\.2\.4\r\n/);
    expect(redcell.raw('INFO')).toContain('\r\nloading:0\r\n');
    expect(connect(redcell, 3).raw('INFO')).toMatch(/^=\d+\r\ntxt:# Server/);
    expect(redcell.raw('INFO', 'nosuch')).toBe('$0\r\n\r\n');
  });

  test('counts keys, hits and misses', () => {
    const redcell = new TestInstance();
    redcell.raw('SET', 'k', 'v', 'PX', 5000);
    redcell.raw('SET', 'l', 'v');
    redcell.raw('GET', 'k');
    redcell.raw('GET', 'nosuch');
    expect(field(redcell, 'keyspace', 'db0')).toBe('keys=2,expires=1,avg_ttl=5000');
    expect(field(redcell, 'stats', 'keyspace_hits')).toBe('1');
    expect(field(redcell, 'stats', 'keyspace_misses')).toBe('1');
  });

  test('counts calls, failures, refusals and errors', () => {
    const redcell = new TestInstance();
    redcell.raw('SET', 'k', 'v');
    redcell.raw('GET', 'k');
    redcell.raw('LPUSH', 'k', 'x');
    redcell.raw('GET');
    redcell.raw('CONFIG', 'GET', 'port');
    expect(field(redcell, 'commandstats', 'cmdstat_get')).toMatch(/^calls=1,.*failed_calls=0$/);
    expect(field(redcell, 'commandstats', 'cmdstat_lpush')).toMatch(/^calls=1,.*failed_calls=1$/);
    expect(field(redcell, 'commandstats', 'cmdstat_config\\|get')).toMatch(/^calls=1,/);
    expect(field(redcell, 'errorstats', 'errorstat_WRONGTYPE')).toBe('count=1');
    expect(field(redcell, 'errorstats', 'errorstat_ERR')).toBe('count=1');
    expect(field(redcell, 'latencystats', 'latency_percentiles_usec_get')).toMatch(
      /^p50=[\d.]+,p99=[\d.]+,p99\.9=[\d.]+$/,
    );
    redcell.raw('CONFIG', 'RESETSTAT');
    expect(field(redcell, 'commandstats', 'cmdstat_get')).toBeUndefined();
    expect(field(redcell, 'stats', 'total_error_replies')).toBe('0');
  });

  test('counts clients, subscriptions and tracking', () => {
    const redcell = new TestInstance();
    const a = connect(redcell, 3);
    connect(redcell).raw('BLPOP', 'l', 0);
    a.raw('SUBSCRIBE', 'x');
    a.raw('CLIENT', 'TRACKING', 'on');
    a.raw('GET', 'k');
    expect(field(redcell, 'clients', 'connected_clients')).toBe('2');
    expect(field(redcell, 'clients', 'blocked_clients')).toBe('1');
    expect(field(redcell, 'clients', 'tracking_clients')).toBe('1');
    expect(field(redcell, 'stats', 'pubsub_channels')).toBe('1');
    expect(field(redcell, 'stats', 'tracking_total_keys')).toBe('1');
  });

  test('tells maxmemory and how much is used', () => {
    const redcell = new TestInstance({ maxmemory: '100mb' });
    expect(field(redcell, 'memory', 'maxmemory')).toBe('104857600');
    expect(field(redcell, 'memory', 'maxmemory_human')).toBe('100.00M');
    const used = Number(field(redcell, 'memory', 'used_memory'));
    redcell.raw('SET', 'k', 'x'.repeat(50_000));
    expect(Number(field(redcell, 'memory', 'used_memory')) - used).toBeGreaterThan(50_000 - 1);
  });
});
