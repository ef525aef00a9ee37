// Through the ABI, also: host/module/format.ts.

import { beforeEach, expect, test } from 'vitest';
import { Probe } from '../support/probe.ts';

let probe: Probe;

beforeEach(async () => {
  probe = await Probe.load();
});

function log(level: string, format: string, ...args: (string | number)[]): string {
  probe.run(({ api }) =>
    api.RedisModule_Log(0, probe.cstring(level), probe.cstring(format), probe.varargs(...args)),
  );
  return probe.server.logLines.at(-1) ?? '';
}

test('lines carry the name of the module, with or without a ctx', () => {
  expect(log('warning', '%s=%d', 'n', 5)).toMatch(/ # <probe> n=5\n?$/);
  expect(log('notice', 'x')).toMatch(/ \* <probe> x\n?$/);
});

test('an unknown level counts as verbose', () => {
  expect(log('shouting', 'x')).toMatch(/ - <probe> x\n?$/);
});

test('control characters cannot fake a line', () => {
  expect(log('warning', '%s', 'a\n1:M fake')).toContain('a\\x0a1:M fake');
});

test('a failed assertion is a trap that says where', () => {
  const [text, file] = [probe.cstring('x > 0'), probe.cstring('m.c')];
  expect(probe.trapOf(({ api }) => api.RedisModule__Assert(text, file, 7))).toContain(
    'assertion failed: x > 0 at m.c:7',
  );
});

test('latencies are samples of their event', () => {
  probe.server.raw('CONFIG', 'SET', 'latency-monitor-threshold', 10);
  probe.run(({ api }) => {
    api.RedisModule_LatencyAddSample(probe.cstring('mine'), 50n);
    api.RedisModule_LatencyAddSample(probe.cstring('small'), 5n);
  });
  expect(probe.server.raw('LATENCY', 'LATEST')).toMatch(/^\*1\r\n.*\$4\r\nmine\r\n/s);
});
