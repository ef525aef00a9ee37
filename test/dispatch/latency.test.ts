import { expect, test } from 'vitest';
import { LATENCY } from '../../host/dispatch/latency.ts';
import { TestInstance } from '../support/instance.ts';

test('commands are noted by whether they ought to be fast', () => {
  const redcell = new TestInstance({ 'latency-monitor-threshold': '5' });
  const { instance, clock } = redcell;
  const table = instance.dispatcher.table;
  const slow = table.add({
    name: 'slow',
    summary: '',
    since: '',
    group: 'generic',
    flags: ['readonly'],
    run: (ctx) => {
      clock.advance(7);
      ctx.reply.simple('OK');
    },
  });
  expect(slow).toBeTypeOf('object');
  redcell.raw('SLOW');
  redcell.raw('PING');
  const names = [...instance.services.get(LATENCY).events()].map(({ name, maxMs }) => [
    name,
    maxMs,
  ]);
  expect(names).toEqual([['command', 7]]);
});

test('no more than 160 samples of an event are kept', () => {
  const redcell = new TestInstance({ 'latency-monitor-threshold': '1' });
  const latency = redcell.instance.services.get(LATENCY);
  for (let i = 0; i < 200; i++) {
    latency.note('fork', i + 1);
    redcell.advance(1000);
  }
  expect(latency.event('fork')?.samples).toHaveLength(160);
  expect(latency.event('fork')?.samples[0]?.latencyMs).toBe(41);
});

test('nothing is noted while the threshold is zero', () => {
  const redcell = new TestInstance();
  const latency = redcell.instance.services.get(LATENCY);
  latency.note('fork', 1000);
  expect([...latency.events()]).toEqual([]);
});
