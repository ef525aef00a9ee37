import { afterEach, describe, expect, test, vi } from 'vitest';
import { ManualClock } from '../../host/lib/clock.ts';
import { ManualScheduler, systemScheduler } from '../../host/lib/scheduler.ts';

describe('the system’s scheduler', () => {
  afterEach(() => void vi.useRealTimers());

  test('runs an action once, when its time has come', () => {
    vi.useFakeTimers();
    const action = vi.fn();
    systemScheduler.after(100, action);
    vi.advanceTimersByTime(99);
    expect(action).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1000);
    expect(action).toHaveBeenCalledTimes(1);
  });

  test('runs none that was cancelled', () => {
    vi.useFakeTimers();
    const action = vi.fn();
    systemScheduler.after(100, action)();
    vi.advanceTimersByTime(1000);
    expect(action).not.toHaveBeenCalled();
  });

  test('waits longer than setTimeout can, and can be cancelled all the way', () => {
    vi.useFakeTimers();
    const [action, cancelled] = [vi.fn(), vi.fn()];
    const longMs = 2 ** 31 + 5000;
    systemScheduler.after(longMs, action);
    const cancel = systemScheduler.after(longMs, cancelled);
    vi.advanceTimersByTime(longMs - 1);
    expect(action).not.toHaveBeenCalled();
    cancel();
    vi.advanceTimersByTime(1);
    expect(action).toHaveBeenCalledTimes(1);
    expect(cancelled).not.toHaveBeenCalled();
  });
});

describe('a scheduler by hand', () => {
  test('runs what is due in order of time, with the clock at that time', () => {
    const clock = new ManualClock(0);
    const scheduler = new ManualScheduler(clock);
    const ran: string[] = [];
    const note = (name: string) => () => void ran.push(`${name} ${clock.monotonicMs()}`);
    scheduler.after(30, note('c'));
    scheduler.after(10, note('a'));
    scheduler.after(20, note('b'))();
    scheduler.after(10, note('a2'));
    scheduler.advance(25);
    expect(ran).toEqual(['a 10', 'a2 10']);
    expect(clock.monotonicMs()).toBe(25);
    scheduler.advance(5);
    expect(ran).toEqual(['a 10', 'a2 10', 'c 30']);
  });

  test('also what an action asks for on the way', () => {
    const clock = new ManualClock(0);
    const scheduler = new ManualScheduler(clock);
    const at: number[] = [];
    const again = (): void => {
      at.push(clock.monotonicMs());
      scheduler.after(10, again);
    };
    scheduler.after(10, again);
    scheduler.advance(35);
    expect(at).toEqual([10, 20, 30]);
  });
});
