import { describe, expect, test } from 'vitest';
import { drawLatency } from '../../host/commands/latency-graph.ts';
import { bucketLabel } from '../../host/commands/latency-histogram.ts';
import { TestInstance } from '../support/instance.ts';

function withSamples(): TestInstance {
  const redcell = new TestInstance({ 'latency-monitor-threshold': '10' });
  const { latency } = redcell.instance.clientServices;
  latency.note('fork', 9);
  latency.note('fork', 20.7);
  latency.note('fork', 15);
  redcell.advance(2000);
  latency.note('fork', 30);
  latency.note('command', 11);
  return redcell;
}

describe('LATENCY', () => {
  test('keeps the worst of each second, from the threshold on', () => {
    const redcell = withSamples();
    expect(redcell.raw('LATENCY', 'HISTORY', 'fork')).toBe(
      '*2\r\n*2\r\n:1700000000\r\n:20\r\n*2\r\n:1700000002\r\n:30\r\n',
    );
    expect(redcell.raw('LATENCY', 'HISTORY', 'nosuch')).toBe('*0\r\n');
  });

  test('LATEST shows the last sample and the worst', () => {
    const redcell = withSamples();
    redcell.advance(1000);
    redcell.instance.clientServices.latency.note('fork', 12);
    expect(redcell.raw('LATENCY', 'LATEST')).toBe(
      '*2\r\n*4\r\n$4\r\nfork\r\n:1700000003\r\n:12\r\n:30\r\n' +
        '*4\r\n$7\r\ncommand\r\n:1700000002\r\n:11\r\n:11\r\n',
    );
  });

  test('RESET forgets the events named, or all', () => {
    const redcell = withSamples();
    expect(redcell.raw('LATENCY', 'RESET', 'fork', 'nosuch')).toBe(':1\r\n');
    expect(redcell.raw('LATENCY', 'RESET')).toBe(':1\r\n');
    expect(redcell.raw('LATENCY', 'LATEST')).toBe('*0\r\n');
  });

  test('GRAPH draws the samples, and refuses events without', () => {
    const redcell = withSamples();
    expect(redcell.raw('LATENCY', 'GRAPH', 'fork')).toContain(
      'fork - high 30 ms, low 20 ms (all time high 30 ms)',
    );
    expect(redcell.raw('LATENCY', 'GRAPH', 'nosuch')).toBe(
      "-ERR No samples available for event 'nosuch'\r\n",
    );
  });

  test('DOCTOR tells what it saw and where to look', () => {
    const redcell = withSamples();
    const text = redcell.raw('LATENCY', 'DOCTOR');
    expect(text).toContain('fork: 2 samples, 25 ms on average (mean deviation 5 ms)');
    expect(text).toContain('SLOWLOG GET');
    expect(new TestInstance().raw('LATENCY', 'DOCTOR')).toContain('latency-monitor-threshold');
  });

  test('HISTOGRAM counts calls up to each bound', () => {
    const redcell = new TestInstance();
    const { stats } = redcell.instance.executor;
    const get = redcell.instance.dispatcher.table.lookupName('get');
    for (const ms of [0.001, 0.0015, 0.012, 0.033]) stats.note(get?.number ?? -1, ms, false);
    expect(redcell.raw('LATENCY', 'HISTOGRAM', 'get', 'nosuch')).toBe(
      '*2\r\n$3\r\nget\r\n*4\r\n$5\r\ncalls\r\n:4\r\n$14\r\nhistogram_usec\r\n' +
        '*8\r\n:1\r\n:1\r\n:2\r\n:2\r\n:16\r\n:3\r\n:66\r\n:4\r\n',
    );
  });

  test('HISTOGRAM is empty when latency is not tracked', () => {
    const redcell = new TestInstance({ 'latency-tracking': 'no' });
    redcell.raw('PING');
    expect(redcell.raw('LATENCY', 'HISTOGRAM')).toBe('*0\r\n');
  });
});

test('bounds of buckets are those that Redis shows', () => {
  const labels = Array.from({ length: 12 }, (_, index) => bucketLabel(index));
  expect(labels).toEqual([1, 2, 4, 8, 16, 33, 66, 132, 264, 528, 1056, 2113]);
});

test('a graph has one column a sample and its age below', () => {
  const samples = [
    { timeSec: 100, latencyMs: 10 },
    { timeSec: 160, latencyMs: 30 },
  ];
  const lines = drawLatency({ name: 'x', samples, maxMs: 30 }, 165).split('\n');
  expect(lines.slice(2)).toEqual([' #', ' |', ' |', '_|', '15', 'ms', '']);
});
