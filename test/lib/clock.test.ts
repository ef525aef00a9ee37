import { expect, test } from 'vitest';
import { ManualClock, systemClock } from '../../host/lib/clock.ts';

test('the system’s clocks do not run backwards', () => {
  const [wall, monotonic] = [systemClock.nowMs(), systemClock.monotonicMs()];
  expect(systemClock.nowMs()).toBeGreaterThanOrEqual(wall);
  expect(systemClock.monotonicMs()).toBeGreaterThanOrEqual(monotonic);
  expect(wall).toBeGreaterThan(1_600_000_000_000);
});

test('a clock by hand stands still until it is told', () => {
  const clock = new ManualClock(1000);
  expect([clock.nowMs(), clock.monotonicMs()]).toEqual([1000, 0]);
  clock.advance(250);
  expect([clock.nowMs(), clock.monotonicMs()]).toEqual([1250, 250]);
});
