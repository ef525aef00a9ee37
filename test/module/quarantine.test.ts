import { beforeEach, describe, expect, test } from 'vitest';
import { Quarantine } from '../../host/module/quarantine.ts';

let options = { trapLimit: 3, windowMs: 60_000 };
let quarantine: Quarantine;

beforeEach(() => {
  options = { trapLimit: 3, windowMs: 60_000 };
  quarantine = new Quarantine(() => options);
});

describe('a quarantine', () => {
  test('begins with the trap that is one too many within the window', () => {
    expect(quarantine.note(0)).toBe(false);
    expect(quarantine.note(50_000)).toBe(false);
    expect(quarantine.note(70_000)).toBe(false); // the first is forgotten
    expect(quarantine.remainingMs(70_000)).toBe(0);
    expect(quarantine.note(71_000)).toBe(true);
    expect(quarantine.remainingMs(71_400)).toBe(600);
    expect(quarantine.remainingMs(72_000)).toBe(0);
    expect(quarantine.mayBeActive).toBe(false);
  });

  test('comes back with the next trap, twice as long each time', () => {
    for (let i = 0; i < 3; i++) quarantine.note(0);
    for (const [at, ms] of [
      [1000, 2000],
      [3000, 4000],
      [7000, 8000],
    ] as const) {
      expect(quarantine.note(at)).toBe(true);
      expect(quarantine.remainingMs(at)).toBe(ms);
    }
  });

  test('is no longer than an hour', () => {
    for (let i = 0; i < 40; i++) quarantine.note(i);
    expect(quarantine.remainingMs(40)).toBeLessThanOrEqual(3_600_000);
  });

  test('is forgotten after a window without traps, and when it is resumed', () => {
    for (let i = 0; i < 4; i++) quarantine.note(i);
    expect(quarantine.note(100_000)).toBe(false);
    for (let i = 0; i < 4; i++) quarantine.note(100_000);
    quarantine.resume();
    expect(quarantine.remainingMs(100_000)).toBe(0);
    expect(quarantine.note(100_001)).toBe(false);
  });

  test('never begins without a limit', () => {
    options = { trapLimit: 0, windowMs: 60_000 };
    for (let i = 0; i < 100; i++) expect(quarantine.note(i)).toBe(false);
  });
});
