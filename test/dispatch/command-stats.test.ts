import { expect, test } from 'vitest';
import { CommandStats } from '../../host/dispatch/command-stats.ts';

test('calls, time and failures are counted by command', () => {
  const stats = new CommandStats();
  stats.note(3, 0.5, false);
  stats.note(3, 1.5, true);
  stats.note(70_000, 1, false);
  stats.noteRejected(3);
  expect(stats.callsOf(3)).toBe(2);
  expect(stats.microsecondsOf(3)).toBe(2000);
  expect(stats.failedOf(3)).toBe(1);
  expect(stats.rejectedOf(3)).toBe(1);
  expect(stats.callsOf(70_000)).toBe(1);
  expect(stats.callsOf(4)).toBe(0);
  expect(stats.totalCalls).toBe(3);
});

test('a refused command of a high number is counted too', () => {
  const stats = new CommandStats();
  stats.noteRejected(5000);
  expect(stats.rejectedOf(5000)).toBe(1);
  expect(stats.callsOf(5000)).toBe(0);
});

test('durations fall into buckets of powers of two of 1024 ns', () => {
  const stats = new CommandStats();
  for (const microseconds of [0, 1, 1.03, 2, 2.06, 1000]) stats.note(1, microseconds / 1000, false);
  const counts = [...(stats.histogramOf(1) as Uint32Array)];
  expect(counts.slice(0, 4)).toEqual([2, 2, 1, 0]);
  expect(counts[10]).toBe(1);
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(6);
});

test('without latency-tracking there are no buckets', () => {
  const stats = new CommandStats();
  stats.keepsHistograms = false;
  stats.note(1, 1, false);
  expect(stats.histogramOf(1)).toBeNull();
});

test('errors are counted by their first word, up to 128 different ones', () => {
  const stats = new CommandStats();
  for (let i = 0; i < 200; i++) stats.noteError(`CODE${i} text`);
  stats.noteError('CODE0 other text');
  expect(stats.errors.size).toBe(128);
  expect(stats.errors.get('CODE0')).toBe(2);
  expect(stats.totalErrors).toBe(201);
});

test('a reset forgets all', () => {
  const stats = new CommandStats();
  stats.note(1, 1, true);
  stats.noteRejected(1);
  stats.noteError('ERR x');
  stats.reset();
  expect([stats.callsOf(1), stats.failedOf(1), stats.rejectedOf(1)]).toEqual([0, 0, 0]);
  expect([stats.microsecondsOf(1), stats.totalCalls, stats.totalErrors]).toEqual([0, 0, 0]);
  expect(stats.histogramOf(1)).toBeNull();
  expect(stats.errors.size).toBe(0);
});
