import { describe, expect, test } from 'vitest';
import { ClientLimits } from '../../host/dispatch/client-limits.ts';
import { connect } from '../support/connected.ts';
import { TestInstance } from '../support/instance.ts';

describe('output limits', () => {
  test('are those of client-output-buffer-limit, by class', () => {
    const redcell = new TestInstance();
    redcell.raw('CONFIG', 'SET', 'client-output-buffer-limit', 'normal 1mb 2kb 3 slave 5 6 7');
    const { limits } = redcell.instance.clientServices;
    const normal = { hardBytes: 1024 * 1024, softBytes: 2048, softSeconds: 3 };
    expect(limits.outputOf('normal')).toEqual(normal);
    expect(limits.outputOf('master')).toEqual(normal);
    expect(limits.outputOf('replica')).toEqual({ hardBytes: 5, softBytes: 6, softSeconds: 7 });
    expect(limits.outputOf('pubsub').hardBytes).toBe(32 * 1024 * 1024);
  });
});

describe('the idle timeout', () => {
  test('does not concern links, waiting clients and subscribers', () => {
    const redcell = new TestInstance();
    const limits = new ClientLimits();
    limits.idleSec = 10;
    const isIdle = (client: Parameters<typeof limits.isIdleTooLong>[0]): boolean =>
      limits.isIdleTooLong(client, client.lastActiveMs + 10_001);
    const a = connect(redcell);
    expect(isIdle(a.client)).toBe(true);
    expect(limits.isIdleTooLong(a.client, a.client.lastActiveMs + 10_000)).toBe(false);
    a.raw('SUBSCRIBE', 'x');
    expect(isIdle(a.client)).toBe(false);
    const b = connect(redcell);
    b.raw('BLPOP', 'l', 0);
    expect(isIdle(b.client)).toBe(false);
    const c = connect(redcell);
    c.client.link = 'replica';
    expect(isIdle(c.client)).toBe(false);
  });
});
